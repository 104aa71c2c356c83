"""The probe is fitted at the end of a training, or later to a fold that has none."""

import json
from pathlib import Path

import pytest

from tests.vf_nnunet.tiny_training import CASES, CONFIGURATION, TinyDataset
from vf_nnunet.inference.from_network import fold_weights
from vf_nnunet.nnunet.names import PROBE_FILE
from vf_nnunet.region.probe_file import read_probe
from vf_nnunet.training.finished_fold import fit_probe_of
from vf_nnunet.training.trainer import nnUNetTrainerVF
from vf_nnunet.training.vertebra_probe import spread


def test_the_end_of_a_training_fits_the_probe(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer()
    trainer.run_training()
    folder = Path(trainer.output_folder)
    probe = read_probe(folder, fold_weights(trainer.plain_network))
    assert probe is not None
    assert probe.weight.shape == (trainer.plain_network.architecture.widths[-1],)
    assert 0 < probe.threshold < 1
    log = next(folder.glob("training_log_*.txt")).read_text()
    assert "Fitted the vertebra probe to 3 training cases" in log


def test_a_finished_fold_gets_the_same_probe_later(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer()
    trainer.run_training()
    path = Path(trainer.output_folder) / PROBE_FILE
    fitted = json.loads(path.read_text())
    path.unlink()
    (tiny_dataset.preprocessed / "nnUNetVFPlans.json").write_text(json.dumps(trainer.plans_manager.plans))
    fit_probe_of(1, CONFIGURATION, 0, "cpu")
    assert json.loads(path.read_text()) == fitted


def test_a_new_training_discards_the_probe(tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_dataset.trainer()
    trainer.run_training()
    monkeypatch.setattr(nnUNetTrainerVF, "fit_probe", lambda _: None)
    again = tiny_dataset.trainer()
    again.run_training()
    assert not (Path(again.output_folder) / PROBE_FILE).exists()


def test_a_fold_without_vertebrae_is_trained_all_the_same(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vf_nnunet.region.fit.BACKGROUND", 2)
    trainer = tiny_dataset.trainer()
    trainer.run_training()
    folder = Path(trainer.output_folder)
    assert not (folder / PROBE_FILE).exists()
    assert (folder / "checkpoint_final.pth").is_file()
    log = next(folder.glob("training_log_*.txt")).read_text()
    assert "no vertebra probe was fitted, so predictions are computed everywhere" in log


@pytest.mark.parametrize(
    ("count", "expected"), [(2, [0, 5]), (3, [0, 2, 5]), (6, [0, 1, 2, 3, 4, 5]), (99, [*range(6)])]
)
def test_chosen_cases_are_spread_evenly(count: int, expected: list[int]) -> None:
    assert spread(CASES[::-1], count) == [CASES[index] for index in expected]

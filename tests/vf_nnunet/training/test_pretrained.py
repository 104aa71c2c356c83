"""The weights that a training begins with are checked and recorded."""

import shutil
from pathlib import Path

import pytest
import torch
from nnunetv2.run import run_training
from nnunetv2.run.run_training import maybe_load_checkpoint

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import FileRecord, record_file
from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.tiny_training import CASES, CONFIGURATION, TinyDataset, plans_of
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.model.start import find_starts
from vf_nnunet.nnunet.dataset_record import write_dataset_record
from vf_nnunet.nnunet.fold_record import read_fold_record, write_fold_record
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE
from vf_nnunet.training.pretrained import normalisation_warning
from vf_nnunet.training.trainer import nnUNetTrainerVF


@pytest.fixture(autouse=True)
def _stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """nnU-Net's own function comes back after the test."""
    monkeypatch.setattr(run_training, "load_pretrained_weights", run_training.load_pretrained_weights)


@pytest.fixture
def weights(tiny_dataset: TinyDataset) -> Path:
    """The final model of fold 0, with the record of its fold beside it."""
    images = {f"imagesTr/{case}_0000.nii.gz": FileRecord(1, 1, f"image of {case}") for case in CASES}
    write_dataset_record(tiny_dataset.preprocessed, images)
    trainer = tiny_dataset.trainer(epochs=1)
    trainer.run_training()
    kept = tiny_dataset.root / "other"
    shutil.move(trainer.output_folder, kept)
    return kept / "checkpoint_final.pth"


def begun(dataset: TinyDataset, weights: Path | None) -> nnUNetTrainerVF:
    """A trainer as nnUNetv2_train makes it with -pretrained_weights."""
    trainer = dataset.trainer(epochs=1)
    maybe_load_checkpoint(trainer, False, False, None if weights is None else str(weights))
    return trainer


def test_the_file_and_its_sum_are_recorded(tiny_dataset: TinyDataset, weights: Path) -> None:
    trainer = begun(tiny_dataset, weights)
    loaded = torch.load(weights, weights_only=False)["network_weights"]
    for name, value in trainer.plain_network.state_dict().items():
        torch.testing.assert_close(value, loaded[name], rtol=0, atol=0)
    trainer.run_training()
    record = read_fold_record(Path(trainer.output_folder))
    assert record is not None
    assert record["pretrained"] == {"file": str(weights), "sha256": record_file(weights).sha256}
    again = tiny_dataset.trainer(epochs=2)
    maybe_load_checkpoint(again, True, False)
    again.run_training()
    continued = read_fold_record(Path(trainer.output_folder))
    assert continued is not None
    assert continued["pretrained"] == record["pretrained"]


def test_another_normalisation_is_named(tiny_dataset: TinyDataset, weights: Path) -> None:
    origin, plans = {"file": str(weights)}, plans_of()
    assert normalisation_warning(origin, plans, CONFIGURATION) is None
    plans["configurations"][CONFIGURATION]["normalization_schemes"] = ["CTNormalization"]
    plans["foreground_intensity_properties_per_channel"] = {"0": WINDOW_SCALE.to_statistics()}
    warning = normalisation_warning(origin, plans, CONFIGURATION)
    assert warning is not None
    assert warning.startswith(f"WARNING: {weights} was trained with the normalisation ['ZScoreNormalization']")
    assert "expected ['CTNormalization'] {'0': {'mean': 0.0" in warning
    begun(tiny_dataset, weights).on_train_start()
    (log,) = (tiny_dataset.results).rglob("training_log*.txt")
    assert "was trained with the normalisation" not in log.read_text()


def test_random_weights_are_recorded_as_none(tiny_dataset: TinyDataset) -> None:
    trainer = begun(tiny_dataset, None)
    trainer.run_training()
    record = read_fold_record(Path(trainer.output_folder))
    assert record is not None
    assert record["pretrained"] is None


def test_a_training_interrupted_before_its_first_checkpoint_does_not_begin_from_other_weights(
    tiny_dataset: TinyDataset, weights: Path
) -> None:
    begun(tiny_dataset, weights).on_train_start()
    for going_on in (False, True):
        again = tiny_dataset.trainer(epochs=1)
        maybe_load_checkpoint(again, going_on, False)
        with pytest.raises(InputError, match=r"no checkpoint yet; expected -pretrained_weights .*\.pth again"):
            again.run_training()
    begun(tiny_dataset, weights).run_training()


@pytest.mark.parametrize("seen", [True, False])
def test_weights_that_have_seen_outer_cases(tiny_dataset: TinyDataset, weights: Path, *, seen: bool) -> None:
    """By content, because another dataset may have other names for the same CT."""
    record = read_fold_record(weights.parent)
    assert record is not None
    record["train"] = ["x", "case_1"]
    record["files"]["imagesTr/x_0000.nii.gz"] = "image of case_4" if seen else "image of another CT"
    write_fold_record(weights.parent, record)
    trainer = begun(tiny_dataset, weights)
    trainer.on_train_start()
    said = "was trained on outer cases of this fold (case_4)"
    assert (said in Path(trainer.log_file).read_text(encoding="utf-8")) == seen


def test_weights_of_another_network_and_missing_ones(tiny_dataset: TinyDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        begun(tiny_dataset, tmp_path / "missing.pth")
    torch.save({"network_weights": {"a": torch.zeros(1)}}, tmp_path / "other.pth")
    with pytest.raises(InputError, match="weights of another network"):
        begun(tiny_dataset, tmp_path / "other.pth")


def test_the_fold_of_a_model_file_is_recorded(tiny_dataset: TinyDataset, tmp_path: Path) -> None:
    """As `vf_nnunet train --from` gives it to nnUNetv2_train; what lies beside the file is not taken for its record."""
    path = tmp_path / "model.vf"
    write_model_file(path, tiny_model())
    (tmp_path / "made_from.json").write_text("{}")
    start = find_starts(str(path), [1])[1]
    with start.checkpoint() as checkpoint:
        trainer = begun(tiny_dataset, checkpoint)
    for name, value in trainer.plain_network.state_dict().items():
        torch.testing.assert_close(value.numpy(), start.weights[name], rtol=0, atol=0)
    trainer.on_train_start()
    with pytest.raises(InputError, match=rf"no checkpoint yet; expected vf_nnunet train --from {path} again"):
        begun(tiny_dataset, None).run_training()
    with start.checkpoint() as checkpoint:
        begun(tiny_dataset, checkpoint).run_training()
    record = read_fold_record(Path(trainer.output_folder))
    assert record is not None
    assert record["pretrained"] == {"file": str(path), "sha256": record_file(path).sha256, "fold": "1"}

"""The streams of a trainer."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.vf_nnunet.tiny_training import OUTER, TinyDataset
from vf_nnunet.training.data import WaitingTime, drawn_classes
from vf_nnunet.training.trainer import nnUNetTrainerVF


def ready(trainer: nnUNetTrainerVF, epoch: int = 0) -> nnUNetTrainerVF:
    trainer.initialize()
    trainer.current_epoch = epoch
    return trainer


def test_streams_have_their_own_cases(tiny_dataset: TinyDataset) -> None:
    training, validation = ready(tiny_dataset.trainer()).get_dataloaders()
    learned = {key for _ in range(10) for key in next(training)["keys"]}
    judged = {key for _ in range(10) for key in next(validation)["keys"]}
    assert not learned & judged
    assert not (learned | judged) & set(OUTER)


def test_a_later_epoch_begins_where_the_ones_before_ended(tiny_dataset: TinyDataset) -> None:
    whole, _ = ready(tiny_dataset.trainer()).get_dataloaders()
    later, _ = ready(tiny_dataset.trainer(), epoch=2).get_dataloaders()
    batches = [next(whole) for _ in range(7)]
    torch.testing.assert_close(next(later)["data"], batches[6]["data"], rtol=0, atol=0)


def test_a_class_without_training_cases_is_a_warning(tiny_dataset: TinyDataset) -> None:
    """The dataset gets two grades that no case has; those that occur are learned as before."""
    complete = ready(tiny_dataset.trainer())
    complete.get_dataloaders()
    assert "it is not learned" not in Path(complete.log_file).read_text(encoding="utf-8")
    path = tiny_dataset.preprocessed / "dataset.json"
    grades = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "labels": grades}))
    trainer = ready(tiny_dataset.trainer())
    stream, _ = trainer.get_dataloaders()
    assert drawn_classes(stream) == [0, 1, 2]
    log = Path(trainer.log_file).read_text(encoding="utf-8")
    assert re.findall("has the class (.*); it is not learned", log) == ["moderate", "severe"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # of workers told to stop
def test_workers_draw_what_one_process_draws(tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a GPU, where segments come from worker processes."""
    alone, _ = ready(tiny_dataset.trainer()).get_dataloaders()
    trainer = ready(tiny_dataset.trainer())
    monkeypatch.setattr("vf_nnunet.training.data.get_allowed_n_proc_DA", lambda: 2)
    trainer.device = torch.device("meta")
    together, _ = trainer.get_dataloaders()
    try:
        for _ in range(4):
            torch.testing.assert_close(next(together)["data"], next(alone)["data"], rtol=0, atol=0)
        assert drawn_classes(together) == drawn_classes(alone)
    finally:
        together._finish()


def test_waiting_is_what_the_batches_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches that take 2 and 3 seconds, with time between them that does not count."""
    clock = iter([0.0, 2.0, 10.0, 13.0, 20.0])
    monkeypatch.setattr("vf_nnunet.training.data.perf_counter", lambda: next(clock))
    waiting = WaitingTime(iter("ab"))
    assert list(waiting) == ["a", "b"]
    assert waiting.seconds == 5

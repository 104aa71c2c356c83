"""nnU-Net's own trainers are refused, and leave nothing behind."""

from pathlib import Path

import pytest
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import CONFIGURATION, TinyDataset, plans_of

DESCRIPTION = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "normal": 1, "fracture": 2}}


def begin(dataset: TinyDataset) -> Path:
    """As nnUNetv2_train without -tr; returns the fold's folder."""
    trainer = nnUNetTrainer(
        plans_of() | {"continue_training": False}, CONFIGURATION, 0, DESCRIPTION, torch.device("cpu")
    )
    assert Path(trainer.log_file).is_file()
    with pytest.raises(InputError, match="nnU-Net's own trainers cannot train DualPathwayNet"):
        trainer.initialize()
    return Path(trainer.output_folder)


@pytest.fixture(autouse=True)
def _without_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nnUNetTrainer, "_set_batch_size_and_oversample", lambda _: None)


def test_the_folder_that_was_made_is_removed(tiny_dataset: TinyDataset) -> None:
    begin(tiny_dataset)
    assert not tiny_dataset.results.exists()
    assert tiny_dataset.results.parent.is_dir()


@pytest.mark.parametrize("kept", ["fold_0/checkpoint_final.pth", "fold_1/notes.txt", "plans.json"])
def test_a_folder_with_anything_else_is_kept(tiny_dataset: TinyDataset, kept: str) -> None:
    model = tiny_dataset.results / "nnUNetTrainer__nnUNetVFPlans__3d_fullres"
    (model / kept).parent.mkdir(parents=True)
    (model / kept).touch()
    folder = begin(tiny_dataset)
    assert (model / kept).is_file()
    assert folder.is_dir() == kept.startswith("fold_0")

"""What nnUNetv2_predict does not check is said."""

import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import CONFIGURATION, plans_of
from vf_nnunet.inference.stock_model import check_loaded_checkpoints, warn_of_kept_results, warn_of_values
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE, IntensityScale


def write_checkpoint(folder: Path, fold: int, trained_as: int, plans: dict[str, Any]) -> None:
    (folder / f"fold_{fold}").mkdir()
    arguments = {"configuration": CONFIGURATION, "fold": trained_as, "plans": plans}
    torch.save({"network_weights": {}, "init_args": arguments}, folder / f"fold_{fold}" / "checkpoint_final.pth")


def initialize_from_trained_model_folder(model_training_output_dir: str, use_folds: tuple[int, ...]) -> None:
    """nnU-Net's method, as far as its local variables are read."""
    checkpoint_name, configuration_name, plans = "checkpoint_final.pth", CONFIGURATION, plans_of()  # noqa: F841
    check_loaded_checkpoints()


def test_a_trainer_loads_nothing() -> None:
    check_loaded_checkpoints()


def test_checkpoints_of_one_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for fold in (0, 1):
        write_checkpoint(tmp_path, fold, fold, plans_of(epochs=fold + 1))
    initialize_from_trained_model_folder(str(tmp_path), (0, 1))
    assert capsys.readouterr().err == ""


def test_the_checkpoint_of_another_fold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint(tmp_path, 0, 0, plans_of())
    write_checkpoint(tmp_path, 1, 0, plans_of())
    initialize_from_trained_model_folder(str(tmp_path), (0, 1))
    error = capsys.readouterr().err
    assert "fold_1/checkpoint_final.pth: was trained as fold 0; expected the checkpoint of fold_1" in error
    assert "fold_0/" not in error


@pytest.mark.parametrize(
    ("entry", "value"), [("spacing", [2.0, 1.0, 1.0]), ("normalization_schemes", ["CTNormalization"])]
)
def test_the_checkpoint_of_other_plans(tmp_path: Path, entry: str, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    plans = plans_of()
    plans["configurations"][CONFIGURATION][entry] = value
    write_checkpoint(tmp_path, 0, 0, plans_of())
    write_checkpoint(tmp_path, 1, 1, plans)
    with pytest.raises(InputError, match=f"fold_1/checkpoint_final.pth: trained with the {entry}"):
        initialize_from_trained_model_folder(str(tmp_path), (0, 1))


def test_the_checkpoint_of_another_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    write_checkpoint(tmp_path, 0, 0, plans_of() | {"dataset_name": "Dataset002_Other"})
    with pytest.raises(InputError, match="trained with the dataset Dataset002_Other; expected Dataset001_Tiny"):
        initialize_from_trained_model_folder(str(tmp_path), (0,))


@pytest.mark.parametrize("padding", [-1024, -3024])
def test_values_below_air(tmp_path: Path, capsys: pytest.CaptureFixture[str], padding: int) -> None:
    array = ct_with_bone()
    array[:2] = padding
    nibabel.save(nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 1.0, 1.0])), tmp_path / "a_0000.nii.gz")
    warn_of_values(tmp_path / "a_0000.nii.gz")
    error = capsys.readouterr().err
    assert ("which shifts the z-score; the result is unreliable" in error) == (padding < -1024)
    assert bool(error) == (padding < -1024)


def test_padding_that_the_normalisation_raises_to_air(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    array = ct_with_bone()
    array[:2] = -3024
    nibabel.save(nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 1.0, 1.0])), tmp_path / "a_0000.nii.gz")
    warn_of_values(tmp_path / "a_0000.nii.gz", WINDOW_SCALE)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("scale", [None, WINDOW_SCALE])
def test_values_that_are_not_hounsfield_units(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scale: IntensityScale | None
) -> None:
    nibabel.save(nibabel.Nifti1Image(ct_with_bone() + 1024, np.eye(4)), tmp_path / "a_0000.nii.gz")
    warn_of_values(tmp_path / "a_0000.nii.gz", scale)
    assert "warning: " in capsys.readouterr().err


def ct_with_bone() -> np.ndarray:
    """Air, soft tissue and bone."""
    generator = np.random.default_rng(0)
    array = generator.normal(40, 20, (40, 20, 20))
    array[:8] = generator.normal(-1000, 5, (8, 20, 20))
    array[20:24] = generator.uniform(200, 1200, (4, 20, 20))
    return array.astype(np.int16)


def test_kept_results(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_kept_results()
    assert capsys.readouterr().err.startswith("warning: --continue_prediction keeps every existing result")

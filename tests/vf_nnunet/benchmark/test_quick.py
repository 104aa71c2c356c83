"""A few measured patches are extrapolated."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dataset_conversion.images.volume import Volume, write_volume
from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Dataset
from vf_nnunet.benchmark import quick
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.length import Length
from vf_nnunet.benchmark.quick import quick_default

PATCHES = 3


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    """64 x 64 x 64 mm, which is 32 x 64 x 64 voxels to default nnU-Net."""
    array = np.random.default_rng(0).integers(-900, 900, (64, 64, 64)).astype(np.int16)
    write_volume(tmp_path / "scan.nii.gz", Volume(array, np.eye(4)), np.int16)
    return tmp_path / "scan.nii.gz"


def test_default_nnunet_is_extrapolated_to_the_whole_ct(
    dataset: Dataset, ct: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A window of 32 x 48 x 64 fits the CT twice with a step of half a window."""
    monkeypatch.setattr(
        "vf_nnunet.benchmark.cost.sliding_window_cost.median_seconds", lambda work, repeats: float(repeats)
    )
    monkeypatch.setattr(quick, "median_seconds", lambda work, repeats: 2.0 * repeats)
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    record = quick_default(arm, 0, ct, PATCHES, torch.device("cpu"))
    prediction, training = record["prediction"], record["training"]
    assert prediction["voxels"] == "32x64x64"
    assert prediction["seconds"] == 2 * PATCHES
    assert prediction["seconds_with_mirroring"] == 8 * prediction["seconds"]
    assert prediction["measured"] == "network alone, extrapolated from 3 of 2 windows of 32x48x64"
    assert training["seconds_per_fold"] == 500 * 2 * PATCHES
    assert training["seconds_per_million_voxels_read"] == pytest.approx(6 / (2 * 32 * 48 * 64) * 1e6)
    assert training["measured"] == "extrapolated from 3 batches"
    assert record["network"]["model_file_megabytes"] is None


def test_the_plans_axes_are_in_nnunets_order(dataset: Dataset, ct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thick slices are those along x, which nnU-Net puts first."""
    for module in ("vf_nnunet.benchmark.cost.sliding_window_cost", "vf_nnunet.benchmark.quick"):
        monkeypatch.setattr(f"{module}.median_seconds", lambda work, repeats: 1.0)
    plans = dataset.preprocessed / "nnUNetPlans.json"
    content = json.loads(plans.read_text(encoding="utf-8"))
    plans.write_text(json.dumps({**content, "transpose_forward": [2, 0, 1]}))
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    prediction = quick_default(arm, 0, ct, PATCHES, torch.device("cpu"))["prediction"]
    assert prediction["voxels"] == "64x64x32"
    assert "of 2 windows of 32x48x64" in prediction["measured"]


def test_a_step_is_really_computed(dataset: Dataset, ct: Path) -> None:
    plans = dataset.preprocessed / "nnUNetPlans.json"
    content = json.loads(plans.read_text(encoding="utf-8"))
    content["configurations"]["3d_fullres"]["patch_size"] = [16, 16, 16]
    plans.write_text(json.dumps(content))
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    record = quick_default(arm, 0, ct, 1, torch.device("cpu"))
    assert record["training"]["seconds_per_fold"] > 0
    assert 0 < record["prediction"]["seconds"] < record["prediction"]["seconds_with_mirroring"]

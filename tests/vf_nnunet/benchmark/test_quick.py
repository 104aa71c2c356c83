"""A few measured patches are extrapolated."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dataset_conversion.images.volume import Volume, write_volume
from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Dataset
from vf_nnunet.benchmark import quick
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.length import Length
from vf_nnunet.benchmark.quick import quick_default, run_quick

PATCHES = 3
FLOAT32 = Computation("torch", "float32", "cpu")
WINDOWS = "vf_nnunet.benchmark.cost.sliding_window_cost"


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
    record = quick_default(arm, 0, ct, PATCHES, FLOAT32)
    prediction, training = record["prediction"], record["training"]
    assert prediction["voxels"] == "32x64x64"
    assert prediction["seconds"] == 2 * PATCHES
    assert prediction["seconds_with_mirroring"] == 8 * prediction["seconds"]
    assert prediction["seconds_with_default_mirroring"] == prediction["seconds_with_mirroring"]
    assert prediction["measured"] == "network alone; median of 3 runs of a window of 32x48x64, times 2 windows"
    assert prediction["million_voxels_touched"] == pytest.approx(2 * 32 * 48 * 64 / 1e6)
    assert prediction["million_voxels_predicted"] == pytest.approx(32 * 64 * 64 / 1e6)
    assert prediction["output"] == "segmentation on the CT's grid, from logits on 32x64x64 voxels"
    assert (prediction["backend"], prediction["precision"], prediction["device"]) == ("torch", "float32", "cpu")
    assert training["seconds_per_fold"] == 500 * 2 * PATCHES
    assert training["seconds_per_million_voxels_touched"] == pytest.approx(6 / (2 * 32 * 48 * 64) * 1e6)
    assert training["measured"] == "median of 3 batches; a fold is extrapolated to 500 batches"
    assert record["network"]["model_file_megabytes"] is None


def test_the_plans_axes_are_in_nnunets_order(dataset: Dataset, ct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thick slices are those along x, which nnU-Net puts first."""
    for module in (WINDOWS, "vf_nnunet.benchmark.quick"):
        monkeypatch.setattr(f"{module}.median_seconds", lambda work, repeats: 1.0)
    plans = dataset.preprocessed / "nnUNetPlans.json"
    content = json.loads(plans.read_text(encoding="utf-8"))
    plans.write_text(json.dumps({**content, "transpose_forward": [2, 0, 1]}))
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    prediction = quick_default(arm, 0, ct, PATCHES, FLOAT32)["prediction"]
    assert prediction["voxels"] == "64x64x32"
    assert "a window of 32x48x64, times 2 windows" in prediction["measured"]


def test_a_step_is_really_computed(dataset: Dataset, ct: Path) -> None:
    plans = dataset.preprocessed / "nnUNetPlans.json"
    content = json.loads(plans.read_text(encoding="utf-8"))
    content["configurations"]["3d_fullres"]["patch_size"] = [16, 16, 16]
    plans.write_text(json.dumps(content))
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    record = quick_default(arm, 0, ct, 1, FLOAT32)
    assert record["training"]["seconds_per_fold"] > 0
    assert 0 < record["prediction"]["seconds"] < record["prediction"]["seconds_with_mirroring"]


def test_openvino_trains_nothing(dataset: Dataset, ct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{WINDOWS}.median_seconds", lambda work, repeats: 1.0)
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    record = quick_default(arm, 0, ct, 1, Computation("openvino", "bfloat16", "cpu"))
    assert "training" not in record
    assert record["prediction"]["backend"] == "openvino"


def test_a_training_step_that_does_not_fit_is_left_out(
    dataset: Dataset, ct: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{WINDOWS}.median_seconds", lambda work, repeats: 1.0)
    monkeypatch.setattr(quick, "training_problem", lambda *_: {"measured": "left out: too large"})
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    assert quick_default(arm, 0, ct, 1, FLOAT32)["training"] == {"measured": "left out: too large"}


def test_all_arms_and_computations_are_columns(dataset: Dataset, ct: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No training is timed twice, and only what computes alike is compared."""
    seen = []

    def own(*arguments: Any) -> dict[str, Any]:
        seen.append(arguments[-1])
        return {"prediction": {**arguments[4].describe(), "seconds": 2.0, "seconds_with_default_mirroring": 2.0}}

    def default(*arguments: Any) -> dict[str, Any]:
        return {"prediction": {**arguments[4].describe(), "seconds": 6.0, "seconds_with_default_mirroring": 48.0}}

    monkeypatch.setattr("vf_nnunet.network.device.has_cpu_bfloat16", lambda: True)
    monkeypatch.setattr(quick, "quick_own", own)
    monkeypatch.setattr(quick, "quick_default", default)
    arm = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans", "3d_fullres", Length(10, 50))
    others = {"nnU-Net": arm, "nnU-Net ResEncM": arm}
    records, notes = run_quick(arm, others, 0, ct, 1, torch.device("cpu"))
    assert list(records) == [
        *("vf_nnunet", "vf_nnunet, torch bfloat16", "vf_nnunet, torch float32"),
        *("nnU-Net", "nnU-Net, torch bfloat16", "nnU-Net, OpenVINO bfloat16"),
        *("nnU-Net ResEncM", "nnU-Net ResEncM, torch bfloat16", "nnU-Net ResEncM, OpenVINO bfloat16"),
    ]
    assert len({id(trained) for trained in seen}) == 1
    for name, record in records.items():
        ratio = record["times as long as vf_nnunet"]["prediction_one_pass_like_with_like"]
        assert ratio == (1 if name.startswith("vf") else 3)
    assert "batches, windows or tiles" in notes[0]

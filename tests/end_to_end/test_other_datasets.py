"""A dataset unlike a converted one goes through planning, training and prediction by the real commands."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.end_to_end.conftest import Workspace

DATASET = "Dataset713_Other"
CASES = [f"case_{number}" for number in range(5)]
SPACING = (0.8, 0.8, 2.5)
LABELS = {"background": 0, "fracture": 1, "disc": 2, "normal": 3, "ignore": 4}


def write_dataset(raw: Path) -> None:
    """Two channels, thick slices, four classes in another order and an ignore label."""
    generator = np.random.default_rng(0)
    affine = np.diag([-SPACING[0], -SPACING[1], SPACING[2], 1.0])
    for part in ("imagesTr", "labelsTr"):
        (raw / part).mkdir(parents=True)
    for case in CASES:
        labels = np.zeros((90, 90, 30), dtype=np.uint8)
        for number, label in enumerate(LABELS.values()):
            labels[40:50, 40:50, 11 + 2 * number : 13 + 2 * number] = label
        nibabel.save(nibabel.Nifti1Image(labels, affine), raw / "labelsTr" / f"{case}.nii.gz")
        for channel in range(2):
            image = generator.normal(100 * labels, 50).astype(np.float32)
            nibabel.save(nibabel.Nifti1Image(image, affine), raw / "imagesTr" / f"{case}_{channel:04d}.nii.gz")
    description = {
        "channel_names": {"0": "low energy", "1": "high energy"},
        "labels": LABELS,
        "numTraining": len(CASES),
        "file_ending": ".nii.gz",
    }
    (raw / "dataset.json").write_text(json.dumps(description))
    (raw / "splits_final.json").write_text(json.dumps([{"train": CASES[1:], "val": CASES[:1]}]))


@pytest.mark.slow
def test_channels_spacing_and_labels(workspace: Workspace) -> None:
    write_dataset(workspace.root / "nnUNet_raw" / DATASET)
    options = ("--epochs", "1", "--iterations", "2", "-gpu_memory_target", "1.2")
    planning = workspace.run("vf_nnunet", "plan", "-d", "713", *options)
    assert "GPU memory target: 1.20 GB" in planning.stdout
    workspace.run("vf_nnunet", "train", "-d", "713", "-device", "cpu")
    (model,) = (workspace.root / "nnUNet_results" / DATASET).iterdir()
    plans = json.loads((model / "plans.json").read_text(encoding="utf-8"))["configurations"]["3d_fullres"]
    assert plans["batch_size"] * (plans["patch_size"][0] - 48) ** 3 == pytest.approx(24 * 9**3, rel=0.05)
    assert plans["batch_size"] < 24
    validation = model / "fold_0" / "validation"
    summary = json.loads((validation / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["mean"]) == {"1", "2", "3"}
    fracture = nibabel.load(validation / "probability_maps" / f"{CASES[0]}_fracture.nii.gz")
    assert fracture.shape == (72, 72, 75)

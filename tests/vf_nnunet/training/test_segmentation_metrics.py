"""nnU-Net's summary of a fold's segmentations."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from nnunetv2.evaluation.evaluate_predictions import compute_metrics_on_folder
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from tests.vf_nnunet.tiny_training import CONFIGURATION, plans_of
from vf_nnunet.training.segmentation_metrics import summarise_segmentations
from vf_nnunet.training.validation import Plans

SHAPE = (6, 5, 4)
LABELS = {"background": 0, "normal": 1, "fracture": 2}


@pytest.fixture
def plans() -> Plans:
    manager = PlansManager(plans_of())
    dataset = {"labels": {**LABELS, "ignore": 3}, "file_ending": ".nii.gz"}
    return Plans(manager, manager.get_configuration(CONFIGURATION), dataset)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Segmentations and references of three cases; in the last, nothing is normal."""
    generator = np.random.default_rng(1)
    predicted, references = tmp_path / "validation", tmp_path / "references"
    for folder in (predicted, references):
        folder.mkdir()
        for case, classes in (("a", (0, 1, 2)), ("b", (0, 1, 2)), ("c", (0, 2))):
            labels = generator.choice(classes, SHAPE).astype(np.uint8)
            if folder == references:
                labels[0] = 3
            nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), folder / f"{case}.nii.gz")
    nibabel.save(nibabel.Nifti1Image(labels, np.eye(4)), references / "of_another_fold.nii.gz")
    return predicted, references


def test_the_summary_is_nnunets(plans: Plans, folders: tuple[Path, Path], tmp_path: Path) -> None:
    predicted, references = folders
    metrics = summarise_segmentations(plans, predicted, references)
    reader = plans.plans.image_reader_writer_class()
    expected = tmp_path / "expected.json"
    compute_metrics_on_folder(
        str(references), str(predicted), str(expected), reader, ".nii.gz", [1, 2], 3, num_processes=1
    )
    assert (predicted / "summary.json").read_bytes() == expected.read_bytes()
    assert 0 < metrics["foreground_mean"]["Dice"] < 1
    assert len(metrics["metric_per_case"]) == 3


def test_an_undefined_metric_does_not_count(plans: Plans, folders: tuple[Path, Path]) -> None:
    """Without a normal voxel in prediction and reference, a case has no Dice of the class."""
    metrics = summarise_segmentations(plans, *folders)
    *defined, undefined = (case["metrics"][1]["Dice"] for case in metrics["metric_per_case"])
    assert np.isnan(undefined)
    assert metrics["mean"][1]["Dice"] == pytest.approx(np.mean(defined))

from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import RAS_TO_LPS
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.maps.nifti import NiftiFile, open_nifti
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.report.sagittal import sagittal_view

VERTEBRAE = [Vertebra("a", "a", "L1", 10, 20, 60, 0), Vertebra("a", "a", "L2", 30, 22, 30, 2)]


@pytest.fixture
def ct(tmp_path: Path) -> NiftiFile:
    """A CT of 2 mm whose value is x + 1000 z, in world mm."""
    z, _, x = np.indices((50, 60, 30)) * 2.0
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    nibabel.save(nibabel.Nifti1Image((x + 1000 * z).astype(np.float32).T, RAS_TO_LPS @ affine), tmp_path / "ct.nii")
    return open_nifti(tmp_path / "ct.nii")


def test_both_grids_meet_at_the_centroids(ct: NiftiFile) -> None:
    probability = np.zeros((100, 50, 50), dtype=np.float32)
    probability[60, 20, 10] = 0.8
    view = sagittal_view(ct, ProbabilityMap.from_probability(probability, np.eye(4)), VERTEBRAE)
    for vertebra, mark in zip(VERTEBRAE, view.marks, strict=True):
        row, column = np.rint(mark).astype(int)
        assert view.hounsfield[row, column] == pytest.approx(vertebra.x + 1000 * vertebra.z, abs=0.01)
    assert view.probability[tuple(np.rint(view.marks[0]).astype(int))] == pytest.approx(0.8)
    assert (view.probability > 0).sum() == 1


def test_upper_vertebra_is_above_and_outside_the_ct_is_nan(ct: NiftiFile) -> None:
    view = sagittal_view(
        ct, ProbabilityMap.from_probability(np.ones((20, 20, 20), dtype=np.float32), np.eye(4)), VERTEBRAE
    )
    assert view.marks[0, 0] < view.marks[1, 0]
    assert np.isnan(view.hounsfield[:, 0]).all()
    assert view.probability.min() == 0


def test_without_ct_the_map_is_still_there() -> None:
    view = sagittal_view(
        None, ProbabilityMap.from_probability(np.ones((100, 50, 50), dtype=np.float32), np.eye(4)), VERTEBRAE
    )
    assert np.isnan(view.hounsfield).all()
    assert view.probability.max() == 1

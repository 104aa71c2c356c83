from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.cases import Case
from evaluation.cohort.images import read_map
from evaluation.cohort.normal_maps import read_normal_map, without_normal_map
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import write_probability_map

AFFINE = np.diag([1.0, 1.0, 1.0, 1.0])
NORMAL = np.zeros((12, 6, 5), np.float32)
NORMAL[:3] = 0.6


def write_case(folder: Path, case_id: str = "a") -> Case:
    """A fracture above the normal vertebrae."""
    path = folder / f"{case_id}_fracture.nii.gz"
    write_probability_map(path, np.where(np.arange(12) > 8, 0.9, 0.0)[:, None, None] * np.ones((1, 6, 5)), AFFINE)
    return Case(CaseMap(case_id, path), case_id, (Vertebra(case_id, case_id, "L1", 2, 3, 9, 1),))


def test_cases_without_a_map_are_named(tmp_path: Path) -> None:
    cases = [write_case(tmp_path, case_id) for case_id in "abc"]
    write_probability_map(tmp_path / "b_normal.nii.gz", NORMAL, AFFINE)
    assert without_normal_map(cases) == ["a", "c"]


def test_the_map_is_read(tmp_path: Path) -> None:
    case = write_case(tmp_path)
    write_probability_map(tmp_path / "a_normal.nii.gz", NORMAL, AFFINE)
    np.testing.assert_allclose(read_normal_map(case, read_map(case)).probability, NORMAL, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("flipped", r"sum up to 1\.500 in a voxel"),
        ("cropped", r"shape \(11, 6, 5\) and affine"),
        ("moved", r"shape \(12, 6, 5\) and affine .*7\.0"),
        ("turned", r"shape \(12, 6, 5\) and affine .*-1\.0"),
    ],
)
def test_the_map_of_another_prediction(tmp_path: Path, change: str, found: str) -> None:
    case = write_case(tmp_path)
    changed = {"flipped": NORMAL[::-1], "cropped": NORMAL[:-1]}.get(change, NORMAL)
    affine = AFFINE.copy()
    if change == "moved":
        affine[2, 3] += 7
    if change == "turned":
        affine[2, 2] = -1
    write_probability_map(tmp_path / "a_normal.nii.gz", changed, affine)
    expected = rf"a_normal\.nii\.gz: .*{found}.*; expected the map of the same prediction as a_fracture\.nii\.gz"
    with pytest.raises(InputError, match=expected):
        read_normal_map(case, read_map(case))


def test_a_damaged_map(tmp_path: Path) -> None:
    case = write_case(tmp_path)
    path = tmp_path / "a_normal.nii.gz"
    write_probability_map(path, NORMAL, AFFINE)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"a_normal\.nii\.gz: truncated or damaged"):
        read_normal_map(case, read_map(case))

"""The masks of a small spine, whole and cut, with and without grades."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.readers.interface import Grading, Gradings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from tests.vf_nnunet.small_spine import SmallSpine
from vf_nnunet.transfer.known_vertebrae import KnownVertebrae, known_vertebrae

CUT_ROW = 26
"""Middle of L5, the lowest body."""


def known(spine: SmallSpine, folder: Path, first: int = 0, gradings: Gradings | None = None) -> KnownVertebrae:
    """The vertebrae of the spine from a row upwards."""
    affine = spine.affine.copy()
    affine[2, 3] += first
    mask = spine.mask[first:]
    path = folder / "a_seg.nii.gz"
    write_volume(path, Volume(mask, affine), np.uint8)
    z, y, x = mask.shape
    return known_vertebrae("a", ImageHeader(folder / "a.nii.gz", (z, y, x), affine), path, None, gradings)


def test_whole_bodies_and_discs(spine: SmallSpine, tmp_path: Path) -> None:
    found = known(spine, tmp_path)
    assert [body.level for body in found.bodies] == ["L1", "L2", "L3", "L4", "L5"]
    np.testing.assert_allclose([body.centre for body in found.bodies], spine.centres, atol=0.5)
    assert {body.is_fracture for body in found.bodies} == {False}
    assert [(upper.level, lower.level) for upper, lower in found.discs] == [
        ("L1", "L2"),
        ("L2", "L3"),
        ("L3", "L4"),
        ("L4", "L5"),
    ]


def test_a_cut_body_is_not_counted_but_a_point_in_it_is_in_a_body(spine: SmallSpine, tmp_path: Path) -> None:
    found = known(spine, tmp_path, CUT_ROW)
    assert [body.level for body in found.bodies] == ["L1", "L2", "L3", "L4"]
    in_cut = spine.centres[4] + [0, 0, 3]
    beside, in_disc, outside = spine.centres[4] + [30, 0, 3], spine.centres[:2].mean(axis=0), [0.0, 0.0, 1000.0]
    points = np.array([spine.centres[0], in_cut, beside, in_disc, outside])
    assert found.in_body(points).tolist() == [True, True, False, False, False]
    assert found.in_vertebra(points).tolist() == [True, True, False, False, False]
    assert found.beyond(points).tolist() == [False, False, False, False, True]


def test_grades(spine: SmallSpine, tmp_path: Path) -> None:
    gradings = {"a": {"L1": Grading(0, None), "L3": Grading(2, "wedge"), "L4": Grading(None, None)}}
    found = known(spine, tmp_path, 0, gradings)
    assert [body.is_fracture for body in found.bodies] == [False, None, True, None, None]


def test_a_case_without_grades_is_a_warning(spine: SmallSpine, tmp_path: Path) -> None:
    found = known(spine, tmp_path, 0, {"b": {"L1": Grading(0, None)}})
    assert {body.is_fracture for body in found.bodies} == {None}
    assert found.warnings == ("case a: no vertebra is graded, so none counts as normal or as fractured",)


def test_a_graded_level_without_a_mask_is_a_problem(spine: SmallSpine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="T12 has grade 2 but no centroid"):
        known(spine, tmp_path, 0, {"a": {"T12": Grading(2, "wedge")}})


def test_a_grade_of_a_cut_body_is_a_warning(spine: SmallSpine, tmp_path: Path) -> None:
    found = known(spine, tmp_path, CUT_ROW, {"a": {"L5": Grading(2, "wedge")}})
    assert "L5 has grade 2" in found.warnings[0]


def test_masks_without_a_whole_body_are_refused(spine: SmallSpine, tmp_path: Path) -> None:
    spine.mask[:] = 0
    spine.mask[:11, 30:60, 22:58] = 24
    with pytest.raises(InputError, match=r"a_seg.nii.gz: L5, none of them a whole thoracic or lumbar body; expected"):
        known(spine, tmp_path)

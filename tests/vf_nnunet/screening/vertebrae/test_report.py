"""The vertebrae of a case: where, which, how they are judged, and what is not said."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.levels import LEVELS, level_index
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.statistics.score_calibration import ScoreCalibration
from tests.vf_nnunet.small_spine import MARROW_HU, SHAPE, SmallSpine
from vf_nnunet.screening.vertebrae.centres import GivenCentres, VertebraCentre
from vf_nnunet.screening.vertebrae.evaluability import CUT
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.report import CONTRAST, NO_SPINE, WITHOUT_CT, report_vertebrae
from vf_nnunet.screening.vertebrae.rule import VertebraRule

LUMBAR = VertebraOptions(lowest="L5")


def given(spine: SmallSpine, first: str = "L1") -> GivenCentres:
    """The true centres as a person gives them, named from a level on."""
    names = LEVELS[level_index(first) :]
    vertebrae = [
        VertebraCentre((x, y, z), name) for (x, y, z), name in zip(spine.centres.tolist(), names, strict=False)
    ]
    return GivenCentres("centroids in a.csv", tuple(vertebrae), "digest")


def test_vertebrae_are_found_named_and_judged(spine: SmallSpine) -> None:
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert [vertebra.level for vertebra in report.vertebrae] == ["L1", "L2", "L3", "L4", "L5"]
    found = np.array([vertebra.centre for vertebra in report.vertebrae])
    assert np.linalg.norm(found - spine.centres, axis=1).max() < 1.5
    assert [vertebra.positive for vertebra in report.vertebrae] == [False, False, True, False, False]
    assert report.vertebrae[2].score == pytest.approx(0.9 * 0.95, abs=0.15)
    assert [vertebra.not_evaluable for vertebra in report.vertebrae] == [None] * 5
    assert report.warnings == ()
    assert report.about["centres"] == "located in the maps"
    assert report.about["not_evaluable"] is None


def test_trabecular_density_is_that_of_the_core(spine: SmallSpine) -> None:
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    expected = [MARROW_HU + 5 * number for number in range(5)]
    found = [vertebra.trabecular_hu or 0.0 for vertebra in report.vertebrae]
    np.testing.assert_allclose(np.array(found), np.array(expected), atol=1.5)
    assert all(vertebra.warnings == () for vertebra in report.vertebrae)


def test_a_probability_needs_a_calibration(spine: SmallSpine) -> None:
    plain = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert [vertebra.fracture_probability for vertebra in plain.vertebrae] == [None] * 5
    calibration = ScoreCalibration(0.8, -0.5, 222, 48)
    options = replace(LUMBAR, rule=VertebraRule(calibration=calibration, calibration_source="test"))
    calibrated = report_vertebrae(spine.maps, spine.image(), options)
    for before, after in zip(plain.vertebrae, calibrated.vertebrae, strict=True):
        assert before.score is not None
        assert after.fracture_probability == calibration.probability(before.score)
    assert calibrated.about["calibration"] == {"slope": 0.8, "intercept": -0.5, "n": 222, "positives": 48}


def test_without_a_spine_nothing_is_said_and_the_reason_given() -> None:
    nothing = ProbabilityMap.from_probability(np.zeros((60, 50, 40)), np.eye(4))
    report = report_vertebrae({"fracture": nothing, "normal": nothing}, None, VertebraOptions())
    assert report.vertebrae == ()
    assert report.about["not_evaluable"] == NO_SPINE
    assert report.warnings == (WITHOUT_CT, f"no vertebra is evaluable: {NO_SPINE}")


def assert_nothing_is_said(spine: SmallSpine, report: object, rows: list[int], reason: str) -> None:
    for row, vertebra in enumerate(report.vertebrae):  # type: ignore[attr-defined]
        entry = vertebra.to_json()
        if row not in rows:
            assert entry["not_evaluable"] is None
            continue
        assert reason in entry["not_evaluable"]
        unsaid = ("score", "fracture_probability", "positive", "grade_probabilities", "trabecular_hu", "height_loss")
        assert all(entry[name] is None for name in unsaid)
        assert entry["level"] == f"L{row + 1}"


def test_thick_slices_make_every_vertebra_not_evaluable(spine: SmallSpine) -> None:
    assert_nothing_is_said(spine, report_vertebrae(spine.maps, spine.image((3.0, 1.0, 1.0)), LUMBAR), [], "")
    report = report_vertebrae(spine.maps, spine.image((3.5, 1.0, 1.0)), LUMBAR)
    assert_nothing_is_said(spine, report, [0, 1, 2, 3, 4], "slices of 3.5 mm; expected at most 3 mm")
    assert report.warnings == ("no vertebra is evaluable: slices of 3.5 mm; expected at most 3 mm",)


def test_metal_makes_its_vertebrae_not_evaluable(spine: SmallSpine) -> None:
    screw = (slice(90, 94), slice(62, 68), slice(20, 36))  # behind L3, in a pedicle
    spine.hounsfield[screw] = 3000
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert_nothing_is_said(spine, report, [2], "metal beside it: 384 mm3 above 2500 HU")
    spine.hounsfield[screw] = 2000  # dense bone
    assert_nothing_is_said(spine, report_vertebrae(spine.maps, spine.image(), LUMBAR), [], "")


def test_a_vertebra_that_the_image_cuts_is_not_evaluable(spine: SmallSpine) -> None:
    cut = {name: ProbabilityMap(one.quantised[22:], moved(spine.affine, 22)) for name, one in spine.maps.items()}
    image = replace(spine.image(), array=spine.hounsfield[22:], affine=moved(spine.affine, 22))
    for ct in (image, None):
        report = report_vertebrae(cut, ct, LUMBAR)
        assert len(report.vertebrae) == 5
        assert_nothing_is_said(spine, report, [4], CUT)


def moved(affine: np.ndarray, planes: int) -> np.ndarray:
    """The affine without the lowest planes."""
    higher = affine.copy()
    higher[2, 3] += planes
    return higher


def test_a_core_of_air_lies_outside_the_scanner(spine: SmallSpine) -> None:
    spine.hounsfield[:, :, 20:] = -1024
    spine.hounsfield[80:] = TISSUE
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert_nothing_is_said(spine, report, [3, 4], "no bone at its centre (-1024 HU)")


TISSUE = 60.0


def test_contrast_medium_is_a_warning(spine: SmallSpine) -> None:
    depth = np.arange(SHAPE[1])[:, None]
    width = np.arange(SHAPE[2])
    spine.hounsfield[:, np.hypot(depth - 14, width - 45) <= 9] = 160.0  # an aorta before the bodies
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert all(vertebra.warnings == (CONTRAST,) for vertebra in report.vertebrae)
    spine.hounsfield[:, np.hypot(depth - 14, width - 45) <= 9] = 50.0
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert all(vertebra.warnings == () for vertebra in report.vertebrae)


def test_a_missed_vertebra_is_inserted_and_not_evaluable(spine: SmallSpine) -> None:
    around = slice(92 - 15, 92 + 16)
    spine.fracture[around] = spine.normal[around] = 0
    report = report_vertebrae(spine.maps, spine.image(), LUMBAR)
    assert len(report.vertebrae) == 5
    assert_nothing_is_said(spine, report, [2], "not found in the maps")
    assert np.linalg.norm(np.subtract(report.vertebrae[2].centre, spine.centres[2])) < 8


def test_given_centres_keep_their_names(spine: SmallSpine) -> None:
    report = report_vertebrae(spine.maps, spine.image(), VertebraOptions(), given(spine))
    assert [vertebra.level for vertebra in report.vertebrae] == ["L1", "L2", "L3", "L4", "L5"]
    assert {vertebra.level_probability for vertebra in report.vertebrae} == {None}
    assert report.about["centres"] == "centroids in a.csv"


def test_given_names_far_from_their_spacings_are_doubtful(spine: SmallSpine) -> None:
    (warning,) = report_vertebrae(spine.maps, spine.image(), VertebraOptions(), given(spine, "C2")).warnings
    assert warning.startswith("centroids in a.csv: C2 to C6 have the spacings of ")
    assert report_vertebrae(spine.maps, spine.image(), VertebraOptions(), given(spine, "T12")).warnings == ()


def test_height_loss_is_against_the_nearest_unfractured_vertebra(spine: SmallSpine) -> None:
    centres = given(spine)
    first, second, third, *others = centres.vertebrae
    second, third = (
        replace(vertebra, heights=heights)
        for vertebra, heights in ((second, Heights(25.0, 24.0, 25.0)), (third, Heights(12.0, 15.0, 20.0)))
    )
    centres = replace(centres, vertebrae=(first, second, third, *others))
    report = report_vertebrae(spine.maps, spine.image(), VertebraOptions(), centres)
    entry = report.vertebrae[2].to_json()
    assert entry["heights_mm"] == {"anterior": 12.0, "middle": 15.0, "posterior": 20.0}
    assert entry["height_loss"] == {"own": 0.4, "neighbour": 0.52}
    assert report.vertebrae[1].to_json()["height_loss"] == {"own": 0.04, "neighbour": None}
    assert report.vertebrae[0].to_json()["height_loss"] is None


def test_grades_are_shares_of_the_vertebra(spine: SmallSpine) -> None:
    maps = spine.maps
    for name, share in (("mild", 0.2), ("moderate", 0.3), ("severe", 0.5)):
        maps[name] = ProbabilityMap.from_probability(share * spine.fracture, spine.affine)
    report = report_vertebrae(maps, spine.image(), LUMBAR)
    grades = report.vertebrae[2].grade_probabilities
    assert grades is not None
    assert list(grades) == ["normal", "mild", "moderate", "severe"]
    assert grades["severe"] == pytest.approx(0.45, abs=0.01)
    assert sum(grades.values()) == pytest.approx(1)
    assert report_vertebrae(spine.maps, spine.image(), LUMBAR).vertebrae[2].grade_probabilities is None

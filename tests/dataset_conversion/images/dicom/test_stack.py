from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.images.dicom.stack import stack_slices
from dataset_conversion.spine.errors import InputError

FOLDER = Path("patient")
SAGITTAL = np.array([[0.0, 0.7, 0.0], [0.0, 0.0, -0.7]])


def axial(number: int, series: str = "ct") -> Slice:
    return Slice(
        path=Path(f"{number}.dcm"),
        series=series,
        description=series,
        modality="CT",
        patient="",
        localiser=False,
        samples=1,
        frames=1,
        size=(6, 5),
        steps=np.array([[0.7, 0.0, 0.0], [0.0, 0.7, 0.0]]),
        position=np.array([-20.0, 10.0, 2.0 * number]),
        rescale=(1.0, -1024.0),
    )


def stack(count: int, series: str = "ct") -> list[Slice]:
    return [axial(number, series) for number in range(count)]


def refusal(slices: list[Slice]) -> str:
    with pytest.raises(InputError) as caught:
        stack_slices(FOLDER, slices)
    assert all(problem.startswith("patient: ") for problem in caught.value.problems)
    return str(caught.value)


@given(st.permutations(range(8)), st.integers(0, 1000))
def test_slices_are_stacked_along_their_normal_whatever_their_order(order: list[int], seed: int) -> None:
    turn = Rotation.random(random_state=seed).as_matrix()
    slices = [
        replace(found, steps=found.steps @ turn.T, position=turn @ found.position)
        for found in (axial(number) for number in order)
    ]
    found = stack_slices(FOLDER, slices)
    affine = found.affine
    assert [one.path.name for one in found.slices] == [f"{number}.dcm" for number in range(8)]
    assert (found.shape, found.resampling) == ((8, 5, 6), None)
    np.testing.assert_allclose(affine[:3, :3], turn @ np.diag([0.7, 0.7, 2.0]), atol=1e-9)
    np.testing.assert_allclose(affine[:3, 3], turn @ [-20.0, 10.0, 0.0], atol=1e-9)


def test_positions_rounded_to_a_tenth_are_even() -> None:
    slices = [replace(axial(n), position=np.array([-20.0, 10.0, round(1.25 * n, 1)])) for n in range(40)]
    assert stack_slices(FOLDER, slices).affine[2, 2] == pytest.approx(1.25, abs=0.01)


@given(st.integers(1, 18))
def test_a_missing_slice_is_noticed(missing: int) -> None:
    slices = stack(20)
    del slices[missing]
    assert refusal(slices) == (
        f"patient: 19 slices, most 2.000 mm apart, but 4.000 mm from {missing - 1}.dcm to {missing + 1}.dcm "
        "(2 mm of the patient missing); "
        "expected even steps: a slice is missing or from another scan"
    )


def named(name: str, number: int) -> Slice:
    return replace(axial(number), path=Path(name))


def test_two_slices_in_one_place_are_named() -> None:
    words = "patient: slices in one place with different pixels: 3.dcm and other.dcm; expected one slice per place"
    assert refusal([*stack(5), named("other.dcm", 3)]).startswith(words)
    assert refusal([axial(3), named("other.dcm", 3)]).startswith(words)


def test_every_place_twice() -> None:
    message = refusal([*stack(5), *(named(f"again_{number}.dcm", number) for number in range(5))])
    assert "0.dcm and again_0.dcm, 1.dcm and again_1.dcm, 2.dcm and again_2.dcm and 2 more" in message
    assert len(message.splitlines()) == 1


@given(st.integers(1, 18))
def test_a_slice_that_is_offset_sideways_is_named(number: int) -> None:
    slices = stack(20)
    slices[number] = replace(slices[number], position=np.array([-18.0, 10.0, 2.0 * number]))
    assert f"{number}.dcm lies 2.000 mm from its place in a straight stack of slices" in refusal(slices)


def test_slices_that_drift_from_even_steps_are_resampled() -> None:
    """Distances of 1.1606 and 1.1594 mm: over 600 slices, the middle lies 0.2 mm from its place."""
    steps = np.repeat([1.1606, 1.1594], 300)
    heights = np.concatenate([[0.0], np.cumsum(steps)])
    slices = [replace(axial(n), position=np.array([-20.0, 10.0, height])) for n, height in enumerate(heights)]
    resampling = stack_slices(FOLDER, slices).resampling
    assert resampling is not None
    assert "slices 1.159 to 1.161 mm apart; resampled once to right angles and 1.159 mm" in resampling.sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"localiser": True}, "2 of 12 DICOM images are localisers"),
        ({"samples": 3}, "2 of 12 DICOM images have several values per voxel (colours); expected 1"),
        ({"frames": 40}, "2 of 12 DICOM images hold several frames without places"),
        ({"modality": "MR"}, "2 of 12 DICOM images are of modality MR; expected CT"),
        ({"position": None}, "2 of 12 DICOM images lack PixelSpacing, ImageOrientationPatient or ImagePositionPatient"),
        ({"steps": None}, "2 of 12 DICOM images lack PixelSpacing, ImageOrientationPatient or ImagePositionPatient"),
        ({"size": (7, 5)}, "2 of 12 DICOM images differ from 0.dcm in size, spacing or orientation"),
        ({"steps": SAGITTAL}, "2 of 12 DICOM images differ from 0.dcm in size, spacing or orientation"),
    ],
)
def test_images_that_are_not_ct_slices(changes: dict[str, Any], words: str) -> None:
    slices = stack(12)
    slices[3:5] = [replace(found, **changes) for found in slices[3:5]]
    assert words in refusal(slices)


def test_all_problems_come_at_once() -> None:
    slices = [replace(found, samples=3, modality="OT", localiser=True) for found in stack(1)]
    assert [line.split("; expected")[0] for line in refusal(slices).splitlines()] == [
        "patient: 1 of 1 DICOM images are localisers",
        "patient: 1 of 1 DICOM images have several values per voxel (colours)",
        "patient: 1 DICOM slice",
    ]

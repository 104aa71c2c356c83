"""Bodies of phantoms whose true centres are known; cut, doubled and divided vertebrae."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.label_maps.bodies import CUT_OFF, body_centre, find_bodies
from dataset_conversion.label_maps.numberings import VERSE
from dataset_conversion.label_maps.vertebra_masks import VertebraMasks
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.levels import LEVELS
from tests.dataset_conversion.label_maps.whole_vertebrae import WholeVertebrae, whole_vertebrae


def masks_of(array: npt.NDArray[np.integer], affine: npt.NDArray[np.floating], levels: list[str]) -> VertebraMasks:
    """Masks from an array whose n-th label is the n-th level."""
    numbers = [LEVELS.index(level) + 1 for level in levels]
    table = np.array([0, *numbers], dtype=np.uint8)
    return VertebraMasks(Path("a.nii.gz"), table[array], affine, dict(zip(numbers, levels, strict=True)))


def masks_of_phantom(whole: WholeVertebrae) -> VertebraMasks:
    return masks_of(whole.volume.array, whole.volume.affine, list(whole.levels.values()))


@pytest.fixture(scope="module")
def phantom() -> WholeVertebrae:
    return whole_vertebrae(77, 6)


def test_the_centres_of_phantoms() -> None:
    errors: dict[int, list[float]] = {}
    for case in range(6):
        whole = whole_vertebrae(77, case)
        bodies = find_bodies(masks_of_phantom(whole))
        true = {row.vertebra: row for row in whole.plan.rows()}
        assert bodies.centres.keys() <= true.keys()
        assert set(bodies.left_out.values()) <= {CUT_OFF}
        for level, centre in bodies.centres.items():
            distance = float(np.linalg.norm(np.subtract(centre, true[level].centroid)))
            errors.setdefault(true[level].grade or 0, []).append(distance)
    assert np.mean(errors[0]) < 1
    assert max(errors[0]) < 2
    assert max(max(found) for found in errors.values()) < 5  # A wedge's mean lies behind the middle of its walls.


def test_only_vertebrae_at_the_border_are_left_out(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    bodies = find_bodies(masks)
    assert {*bodies.left_out, *bodies.centres} == set(masks.levels.values())
    numbers = {level: number for number, level in masks.levels.items()}
    for level in bodies.left_out:
        rows = np.flatnonzero((masks.array == numbers[level]).any(axis=(1, 2)))
        assert rows[0] == 0 or rows[-1] == masks.array.shape[0] - 1
    assert len(bodies.centres) >= 3


def test_an_image_that_ends_within_a_body_cuts_it_off(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    centres = find_bodies(masks).centres
    level, centre = list(centres.items())[-1]
    row = int(masks.world_to_index(centre)[0][0])
    for first, is_cut in ((row, True), (row - 25, False)):
        array, affine = masks.array[first:], masks.affine.copy()
        affine[:3, 3] += affine[:3, 2] * first
        present = {number: name for number, name in masks.levels.items() if (array == number).any()}
        bodies = find_bodies(VertebraMasks(Path("a"), array, affine, present))
        assert (bodies.left_out.get(level) == CUT_OFF) == is_cut
        assert (level in bodies.centres) != is_cut
        assert level in bodies.voxels


def test_the_voxels_of_a_body_are_a_part_of_its_mask_with_the_same_centre(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    bodies = find_bodies(masks)
    assert bodies.voxels.keys() >= bodies.centres.keys()
    for level, centre in bodies.centres.items():
        indices = bodies.voxels[level]
        number = LEVELS.index(level) + 1
        assert (masks.array[tuple(indices.T)] == number).all()
        assert len(indices) < 0.95 * (masks.array == number).sum()
        np.testing.assert_allclose(masks.index_to_world(indices).mean(axis=0), centre)


def test_a_single_vertebra_and_its_mask_alone(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    for level, centre in find_bodies(masks).centres.items():
        number = LEVELS.index(level) + 1
        alone = np.where(masks.array == number, masks.array, 0)
        (single,) = find_bodies(VertebraMasks(Path("a"), alone, masks.affine, {number: level})).centres.values()
        np.testing.assert_allclose(single, centre, atol=1.0)
        np.testing.assert_allclose(body_centre(masks.array, masks.affine, number), centre, atol=1.0)


def test_small_parts_elsewhere_change_nothing(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    centres = find_bodies(masks).centres
    number = LEVELS.index(next(iter(centres))) + 1
    spoiled = masks.array.copy()
    spoiled[-4:, -4:, -4:] = number
    assert find_bodies(VertebraMasks(Path("a"), spoiled, masks.affine, masks.levels)).centres == centres


def test_a_label_in_two_distant_parts(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    first, *_, last = find_bodies(masks).centres
    numbers = LEVELS.index(first) + 1, LEVELS.index(last) + 1
    array = np.where(masks.array == numbers[1], numbers[0], masks.array).astype(np.uint8)
    levels = {number: level for number, level in masks.levels.items() if level != last}
    with pytest.raises(
        InputError, match=rf"^a\.nii\.gz: {first} in two places \d+ mm apart; expected one vertebra for"
    ):
        find_bodies(VertebraMasks(Path("a.nii.gz"), array, masks.affine, levels))


def test_two_names_on_one_body(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    level, centre = list(find_bodies(masks).centres.items())[1]
    own = np.argwhere(masks.array == LEVELS.index(level) + 1)
    middle = masks.world_to_index(centre)[0]
    body = own[own[:, 1] < middle[1] + 8]
    array = np.zeros_like(masks.array)
    array[tuple(body.T)] = np.where(body[:, 2] < middle[2], 1, 2)
    with pytest.raises(
        InputError, match=r"^a\.nii\.gz: T10 and T11 are \d+\.\d mm apart, .*; expected one name for each"
    ):
        find_bodies(masks_of(array, masks.affine, ["T10", "T11"]))


def test_halves_of_an_arch_show_no_canal(phantom: WholeVertebrae) -> None:
    masks = masks_of_phantom(phantom)
    level, centre = list(find_bodies(masks).centres.items())[1]
    own = np.argwhere(masks.array == LEVELS.index(level) + 1)
    array = np.zeros_like(masks.array)
    array[tuple(own.T)] = np.where(own[:, 2] < masks.world_to_index(centre)[0][2], 1, 2)
    halves = find_bodies(masks_of(array, masks.affine, ["T10", "T11"]))
    assert halves.centres == {}
    assert set(halves.left_out.values()) == {"shows neither a spinal canal nor a body alone and is left out"}


def test_levels_without_a_body_are_left_out(phantom: WholeVertebrae) -> None:
    whole = phantom.numbered(VERSE)
    number = list(phantom.levels)[2]
    array = (phantom.volume.array == number).astype(np.uint8)
    for level, reason in (
        ("C1", "is a ring without a body and is left out"),
        ("S1", "is fused with the sacrum and is"),
    ):
        bodies = find_bodies(masks_of(array, whole.affine, [level]))
        assert bodies.centres == {}
        assert bodies.left_out[level].startswith(reason)


def test_body_centre_of_an_absent_label() -> None:
    with pytest.raises(InputError, match="label 3: no vertebral body found"):
        body_centre(np.zeros((4, 4, 4), np.uint8), np.eye(4), 3)

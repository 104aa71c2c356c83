"""Centres and heights from real masks: VerSe's own centroids, TotalSegmentator's numbers, and a cropped image."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.label_maps.bodies import CUT_OFF, find_bodies
from dataset_conversion.label_maps.vertebra_masks import read_vertebra_masks
from dataset_conversion.readers.formats.verse import read
from dataset_conversion.readers.registry import read_annotations, read_grades
from dataset_conversion.spine.bone.rival_spaces import Sites, measure_case
from evaluation.vertebra.height_loss import HeightLoss, height_losses_down
from evaluation.vertebra.heights import measure_heights, spine_directions


def verse_mask(shared_data: Path, name: str) -> Path:
    return shared_data / "verse" / name / f"{name}_seg-vert_msk.nii.gz"


@pytest.mark.parametrize("name", ["sub-verse004", "sub-verse014"])
def test_the_centres_are_those_that_verse_publishes(shared_data: Path, name: str) -> None:
    mask = verse_mask(shared_data, name)
    true = {row.vertebra: row.centroid for row in read(mask.parent, {name: read_image_header(mask)}).vertebrae}
    bodies = find_bodies(read_vertebra_masks(mask))
    assert bodies.centres.keys() == true.keys()
    errors = {level: np.linalg.norm(np.subtract(true[level], centre)) for level, centre in bodies.centres.items()}
    assert np.mean(list(errors.values())) < 1
    assert max(errors.values()) < 2.5


def test_masks_of_totalsegmentator_with_cut_vertebrae(shared_data: Path) -> None:
    path = shared_data / "lidc" / "lidc0001_vertebrae.nii.gz"
    masks = read_vertebra_masks(path)
    levels = ["C5", "C6", "C7", *(f"T{number}" for number in range(1, 13)), "L1", "L2", "L3"]
    assert list(masks.levels.values()) == levels
    bodies = find_bodies(masks)
    assert bodies.left_out == dict.fromkeys(["C5", "C6", "L3"], CUT_OFF)
    ct = read_ct(shared_data / "lidc" / "lidc0001_ct.nii.gz")
    places = tuple(bodies.centres.values())
    fit = measure_case(ct.array, ct.affine, Sites(levels=tuple(bodies.centres), stated=places, rivals={}))
    assert fit.stated == (True,) * 15


def test_a_small_crop_keeps_the_whole_vertebra_only(shared_data: Path) -> None:
    folder = shared_data / "tptbox"
    images = {"sub-ct_label-22": read_image_header(folder / "sub-ct_label-22_ct.nii.gz")}
    found = read_annotations(folder, images)
    (row,) = found.vertebrae
    assert row.vertebra == "L3"
    np.testing.assert_allclose(row.centroid, (26.0, 161.7, -64.9), atol=1)
    assert found.left_out_levels == {("sub-ct_label-22", "L2"), ("sub-ct_label-22", "L4")}


def test_the_losses_of_real_fractures(shared_data: Path) -> None:
    """T9 and T10 are grade 2 (25 to 40%), L1 is grade 3 (more than 40%): a loss is not a grade."""
    name = "sub-verse004"
    masks = read_vertebra_masks(verse_mask(shared_data, name))
    centres = find_bodies(masks).centres
    numbers = {level: number for number, level in masks.levels.items()}
    places = np.array(list(centres.values()))
    heights = [
        measure_heights(masks.array.astype(np.float32), masks.affine, numbers[level], place, up)
        for level, place, up in zip(centres, places, spine_directions(places), strict=True)
    ]
    grades = read_grades(shared_data / "verse" / "verse19_fracture_grades.xlsx")[name]
    fractured = [bool(grades[level].grade) if level in grades else False for level in centres]
    losses = dict(zip(centres, height_losses_down(heights, fractured), strict=True))
    for level, own, neighbour in (("T9", 0.23, 0.31), ("T10", 0.18, 0.25), ("L1", 0.30, 0.60)):
        loss = losses[level]
        assert isinstance(loss, HeightLoss)
        assert loss.own == pytest.approx(own, abs=0.02)
        assert loss.neighbour == pytest.approx(neighbour, abs=0.02)
    others = [loss for level, loss in losses.items() if loss is not None and level not in {"T9", "T10", "L1"}]
    assert max(loss.own for loss in others) < 0.18
    assert max(loss.neighbour or 0 for loss in others) < 0.1

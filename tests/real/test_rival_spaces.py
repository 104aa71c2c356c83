"""Real CTs about the isocentre, with right centroids and with every usual mistake."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume, read_volume, to_canonical
from dataset_conversion.readers.formats.verse import read
from dataset_conversion.spine.bone.rival_spaces import Sites, compare_spaces, measure_case

Points = npt.NDArray[np.floating]
LIDC_LEVELS = {27 + number: f"L{5 - number}" for number in range(5)} | {
    32 + number: f"T{12 - number}" for number in range(12)
}
"""TotalSegmentator's numbers of L5 to T1."""


@dataclass(frozen=True)
class Annotated:
    """A CT that lies about the isocentre, and the centroids of its bodies."""

    array: npt.NDArray[Any]
    affine: Points
    levels: tuple[str, ...]
    points: Points


def centred(volume: Volume, levels: tuple[str, ...], points: Points) -> Annotated:
    middle = volume.index_to_world((np.array(volume.array.shape) - 1) / 2)[0]
    affine = volume.affine.copy()
    affine[:3, 3] -= middle
    return Annotated(volume.array, affine, levels, points - middle)


@pytest.fixture(scope="session")
def verse(shared_data: Path) -> Annotated:
    folder = shared_data / "verse" / "sub-verse014"
    image = next(folder.glob("*_ct.nii.gz"))
    found = read(next(folder.glob("*_ctd.json")), {"sub-verse014": read_image_header(image)}).vertebrae
    points = np.array([vertebra.centroid for vertebra in found])
    return centred(to_canonical(read_volume(image)), tuple(vertebra.vertebra for vertebra in found), points)


@pytest.fixture(scope="session")
def lidc(shared_data: Path) -> Annotated:
    """The body of each whole vertebra is where its mask is thickest."""
    folder = shared_data / "lidc"
    masks = nib.load(folder / "lidc0001_vertebrae.nii.gz")
    labels = np.asanyarray(masks.dataobj).astype(int)
    spacing = np.array(masks.header.get_zooms()[:3], dtype=float)
    levels, points = [], []
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None or label not in LIDC_LEVELS or label == 29:  # L3 is cut by the border
            continue
        depth = ndimage.distance_transform_edt(np.pad(labels[box] == label, 1), sampling=spacing)
        smooth = ndimage.gaussian_filter(depth, 4 / spacing)
        deepest = np.array(np.unravel_index(smooth.argmax(), smooth.shape)) - 1 + [part.start for part in box]
        x, y, z = (masks.affine @ [*deepest, 1])[:3]
        levels.append(LIDC_LEVELS[label])
        points.append((-x, -y, z))
    volume = to_canonical(read_volume(folder / "lidc0001_ct.nii.gz"))
    return centred(volume, tuple(levels), np.array(points))


@pytest.fixture(params=["verse", "lidc"])
def spine(request: pytest.FixtureRequest) -> Annotated:
    found: Annotated = request.getfixturevalue(request.param)
    return found


def test_right_centroids_are_no_problem(spine: Annotated) -> None:
    sites = Sites(spine.levels, tuple(map(tuple, spine.points.tolist())), {})
    fit = measure_case(spine.array, spine.affine, sites)
    assert sum(fit.stated) == len(spine.levels)
    assert compare_spaces({"a": fit}) == []


@pytest.mark.parametrize(
    ("signs", "name"),
    [((-1, -1, 1), "x and y with the opposite sign (RAS)"), ((1, -1, 1), "y with the opposite sign")],
)
def test_mirrored_centroids_are_refused(spine: Annotated, signs: tuple[int, int, int], name: str) -> None:
    stated = tuple(map(tuple, (spine.points * signs).tolist()))
    (problem,) = compare_spaces({"a": measure_case(spine.array, spine.affine, Sites(spine.levels, stated, {}))})
    assert (problem.rival, problem.in_rival) == (name, problem.vertebrae)


def test_a_single_vertebra_is_not_refused(spine: Annotated) -> None:
    for level, point in zip(spine.levels, spine.points.tolist(), strict=True):
        fit = measure_case(spine.array, spine.affine, Sites((level,), (tuple(point),), {}))
        assert compare_spaces({"a": fit}) == []

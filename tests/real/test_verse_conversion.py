"""Two VerSe'19 subjects (Löffler et al. 2020, Sekuboyina et al. 2021): conversion, and labels next to expert masks."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import map_coordinates

from dataset_conversion.checks.grading import join_grades
from dataset_conversion.convert import convert
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume, read_volume, to_canonical
from dataset_conversion.labels.ellipsoids import EllipsoidSettings, draw_labels, draw_owners
from dataset_conversion.labels.placement import Ellipsoid, place_ellipsoids
from dataset_conversion.readers.formats.verse import LEVEL_OF_LABEL, read
from dataset_conversion.readers.formats.verse_grades import read_verse_grades
from dataset_conversion.spine.geometry import axis_codes, to_lps
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table
from tests.dataset_conversion.spines import ORIENTATIONS

MASK_LABEL = {level: label for label, level in LEVEL_OF_LABEL.items()}
GRADES_FILE = "verse19_fracture_grades.xlsx"


@dataclass(frozen=True)
class Subject:
    """A subject's mask on canonical axes, and its vertebrae with their ellipsoids."""

    mask: Volume
    vertebrae: list[Vertebra]
    ellipsoids: list[Ellipsoid]
    owners: npt.NDArray[np.uint8]


def load_subject(verse: Path, name: str) -> Subject:
    folder = verse / name
    mask_path = folder / f"{name}_seg-vert_msk.nii.gz"
    mask = to_canonical(read_volume(mask_path))
    annotated = read(folder, {name: read_image_header(mask_path)})
    vertebrae, _ = join_grades(annotated.vertebrae, read_verse_grades(verse / GRADES_FILE))
    ellipsoids = place_ellipsoids(mask, vertebrae, EllipsoidSettings())
    return Subject(mask, vertebrae, ellipsoids, draw_owners(mask, mask.array.shape, ellipsoids))


@pytest.fixture(scope="module")
def subjects(shared_data: Path) -> list[Subject]:
    return [load_subject(shared_data / "verse", name) for name in ("sub-verse004", "sub-verse014")]


def body_chord(subject: Subject, vertebra: Vertebra, direction: npt.NDArray[np.float64]) -> float:
    """Length in mm of the mask's own chord through the centroid, to 0.1 mm."""
    steps = np.arange(-400, 401) * 0.1
    indices = subject.mask.world_to_index(np.array(vertebra.centroid) + steps[:, np.newaxis] * direction)
    own = (subject.mask.array == MASK_LABEL[vertebra.vertebra]).astype(np.float32)
    outside = np.flatnonzero(map_coordinates(own, indices.T, order=1) < 0.5)
    first = outside[outside < 400].max()
    last = outside[outside > 400].min()
    return 0.1 * float(last - first)


def chord_shares(subjects: list[Subject], axis: int, chosen: Callable[[Vertebra], bool]) -> list[float]:
    return [
        2 * ellipsoid.semi_axes[axis] / body_chord(subject, vertebra, ellipsoid.axes[axis])
        for subject in subjects
        for vertebra, ellipsoid in zip(subject.vertebrae, subject.ellipsoids, strict=True)
        if chosen(vertebra)
    ]


def test_every_centroid_lies_in_its_own_vertebra(subjects: list[Subject]) -> None:
    for subject in subjects:
        points = subject.mask.world_to_index([vertebra.centroid for vertebra in subject.vertebrae])
        found = subject.mask.array[tuple(np.rint(points).astype(int).T)]
        assert [LEVEL_OF_LABEL[int(label)] for label in found] == [row.vertebra for row in subject.vertebrae]


def test_ellipsoids_lie_in_their_own_vertebra(subjects: list[Subject]) -> None:
    purities = []
    for subject in subjects:
        for number, vertebra in enumerate(subject.vertebrae, start=1):
            covered = subject.mask.array[subject.owners == number]
            own = covered == MASK_LABEL[vertebra.vertebra]
            assert not np.any((covered > 0) & ~own)
            purities.append(float(own.mean()))
    assert np.mean(purities) >= 0.995
    assert min(purities) >= 0.97


def test_ellipsoids_fill_the_body_in_the_axial_plane(subjects: list[Subject]) -> None:
    assert min(chord_shares(subjects, 0, lambda _: True)) >= 0.70
    assert min(chord_shares(subjects, 1, lambda _: True)) >= 0.80


def test_ellipsoids_fill_the_height(subjects: list[Subject]) -> None:
    assert min(chord_shares(subjects, 2, lambda row: row.grade == 0)) >= 0.80
    fractured = chord_shares(subjects, 2, lambda row: bool(row.grade))
    assert [row.vertebra for subject in subjects for row in subject.vertebrae if row.grade] == ["T9", "T10", "L1"]
    assert min(fractured) >= 0.60


@pytest.mark.parametrize("name", ["sub-verse004", "sub-verse014"])
@pytest.mark.parametrize("source", ["voxel indices", "millimetres"])
def test_all_48_orientations_have_the_same_labels(shared_data: Path, tmp_path: Path, name: str, source: str) -> None:
    """Each orientation is a file of its own, with an origin in single precision and oblique axes."""
    verse = shared_data / "verse"
    stored = nib.load(verse / name / f"{name}_seg-vert_msk.nii.gz")
    header = read_image_header(verse / name / f"{name}_seg-vert_msk.nii.gz")
    original = read(verse / name, {name: header}).vertebrae
    gradings = read_verse_grades(verse / GRADES_FILE)
    labels = []
    for orientation in ORIENTATIONS:
        path = tmp_path / "turned.nii"
        nib.save(stored.as_reoriented(orientation), path)
        moved = read(verse / name, {name: read_image_header(path)}).vertebrae
        vertebrae, _ = join_grades(moved if source == "voxel indices" else original, gradings)
        labels.append(draw_labels(to_canonical(read_volume(path)), vertebrae, EllipsoidSettings()))
    for other in labels[1:]:
        np.testing.assert_array_equal(other, labels[0])


def test_conversion_of_a_subject(shared_data: Path, tmp_path: Path) -> None:
    verse = shared_data / "verse"
    source = verse / "sub-verse014"
    folder = convert(ConversionRequest(source, source, verse / GRADES_FILE), tmp_path, 701, "VerSe")
    image, label = (
        nib.load(folder / part) for part in ("imagesTr/sub-verse014_0000.nii.gz", "labelsTr/sub-verse014.nii.gz")
    )
    assert axis_codes(to_lps(image.affine)) == ("L", "P", "S")
    assert (image.shape, label.shape) == ((40, 186, 186), (40, 186, 186))
    np.testing.assert_array_equal(image.affine, label.affine)
    stored = nib.load(source / "sub-verse014_ct.nii.gz")
    # Voxels below air become air; all others keep their value.
    expected = np.maximum(np.asarray(stored.dataobj), -1024)
    np.testing.assert_array_equal(np.sort(np.asarray(image.dataobj), None), np.sort(expected, None))
    mask = to_canonical(read_volume(source / "sub-verse014_seg-vert_msk.nii.gz"))
    np.testing.assert_allclose(to_lps(image.affine), mask.affine, atol=1e-4)
    labels = np.asarray(label.dataobj).T
    assert set(np.unique(labels)) == {0, 1}
    assert np.mean(mask.array[labels == 1] > 0) >= 0.995
    rows = read_vertebra_table(folder / "vertebrae.csv")
    assert [(row.vertebra, row.grade) for row in rows] == [(f"L{number}", 0) for number in range(1, 6)]


def test_the_whole_grade_table_is_understood(shared_data: Path) -> None:
    gradings = read_verse_grades(shared_data / "verse" / GRADES_FILE)
    assert len(gradings) == 160
    grades = [grading.grade for series in gradings.values() for grading in series.values()]
    assert [grades.count(grade) for grade in range(4)] == [1180, 142, 96, 51]
    expected = {"T9": 2, "T10": 2, "T11": 0, "T12": 0, "L1": 3, "L2": 0, "L3": 0}
    assert {level: grading.grade for level, grading in gradings["sub-verse004"].items()} == expected
    assert "sub-verse401_split-verse253" in gradings


def test_a_ct_with_coarse_voxels_and_one_vertebra(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "totalsegmentator" / "example_ct.nii.gz"
    volume = to_canonical(read_volume(source))
    assert axis_codes(volume.affine) == ("L", "P", "S")
    images = tmp_path / "images"
    images.mkdir()
    shutil.copy(source, images)
    x, y, z = volume.index_to_world(np.array(volume.array.shape) / 2)[0]
    table = tmp_path / "vertebrae.csv"
    table.write_text(f"case_id,vertebra,x,y,z,grade\nexample,L3,{x},{y},{z},2\n")
    folder = convert(ConversionRequest(images, table), tmp_path / "raw", 3, "Total")
    assert json.loads((folder / "dataset.json").read_text(encoding="utf-8"))["numTraining"] == 1

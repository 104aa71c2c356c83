"""Label maps and folders of single vertebrae are read to the same masks, or refused with the reason."""

from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK

from dataset_conversion.images.volume import Volume, to_canonical, write_volume
from dataset_conversion.label_maps.numberings import SPINEPS, TOTALSEGMENTATOR, TOTALSEGMENTATOR_V3, VERSE, Numbering
from dataset_conversion.label_maps.vertebra_masks import canonical_grid, read_vertebra_masks
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import to_lps
from tests.dataset_conversion.conftest import lps_affine
from tests.dataset_conversion.label_maps.test_label_names import table

SHAPE = (60, 20, 16)
AFFINE = lps_affine((3.0, 2.0, 2.5), (-10.0, 5.0, -300.0))
ROWS = {"T12": 48, "L1": 38, "L2": 27}
"""First slice of each vertebra, of eight."""


def labels(numbers: dict[str, int]) -> Volume:
    array = np.zeros(SHAPE, np.uint16)
    for level, first in ROWS.items():
        array[first : first + 8, 5:15, 4:12] = numbers[level]
    return Volume(array, AFFINE)


def numbers_of(numbering: Numbering) -> dict[str, int]:
    return {level: number for number, level in numbering.levels.items()}


def write(path: Path, numbers: dict[str, int]) -> Path:
    write_volume(path, labels(numbers), np.uint16)
    return path


def write_folder(folder: Path) -> Path:
    folder.mkdir()
    whole = labels({"T12": 1, "L1": 2, "L2": 3})
    for number, level in enumerate(ROWS, start=1):
        write_volume(folder / f"vertebrae_{level}.nii.gz", Volume(whole.array == number, AFFINE), np.uint8)
    return folder


@pytest.mark.parametrize("numbering", [VERSE, TOTALSEGMENTATOR, TOTALSEGMENTATOR_V3, SPINEPS])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_label_map(tmp_path: Path, numbering: Numbering, is_named: bool) -> None:
    path = write(tmp_path / "a.nii.gz", numbers_of(numbering))
    masks = read_vertebra_masks(path, numbering.name if is_named else None)
    assert list(masks.levels.values()) == list(ROWS)
    found = {level: np.flatnonzero((masks.array == number).any(axis=(1, 2))) for number, level in masks.levels.items()}
    assert {level: (rows[0], len(rows)) for level, rows in found.items()} == {
        level: (z, 8) for level, z in ROWS.items()
    }
    np.testing.assert_allclose(masks.affine, AFFINE, atol=1e-5)
    assert masks.warnings == ()


def test_a_folder_of_single_vertebrae_is_the_same(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a")
    write_volume(folder / "vertebrae_C3.nii.gz", Volume(np.zeros(SHAPE), AFFINE), np.uint8)
    write_volume(folder / "liver.nii.gz", Volume(np.ones(SHAPE), AFFINE), np.uint8)
    masks = read_vertebra_masks(folder)
    whole = read_vertebra_masks(write(tmp_path / "b.nii.gz", numbers_of(VERSE)))
    np.testing.assert_array_equal(masks.array, whole.array)
    assert masks.levels == whole.levels
    assert list(masks.levels.values()) == list(ROWS)


@pytest.mark.parametrize("ending", ["nrrd", "mha"])
def test_other_image_formats(tmp_path: Path, ending: str) -> None:
    volume = labels(numbers_of(VERSE))
    image = SimpleITK.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing[::-1])
    image.SetOrigin(AFFINE[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(tmp_path / f"a.{ending}"))
    assert list(read_vertebra_masks(tmp_path / f"a.{ending}").levels.values()) == list(ROWS)


def test_other_axes_and_float_voxels(tmp_path: Path) -> None:
    volume = labels(numbers_of(TOTALSEGMENTATOR))
    turned = nib.as_closest_canonical(nib.Nifti1Image(volume.array.T.astype(np.float32), to_lps(AFFINE)))
    sagittal = turned.as_reoriented(nib.orientations.axcodes2ornt(("P", "I", "R")))
    nib.save(sagittal, tmp_path / "a.nii.gz")
    masks = read_vertebra_masks(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(masks.array > 0, volume.array > 0)
    np.testing.assert_allclose(masks.affine, AFFINE, atol=1e-4)
    masks.check_grid(Path("ct"), sagittal.shape[::-1], to_lps(sagittal.affine))


def test_endplates_are_part_of_their_vertebra_and_discs_are_not(tmp_path: Path) -> None:
    volume = labels(numbers_of(SPINEPS))
    volume.array[46:48, 5:15, 4:12] = 219
    volume.array[37, 5:15, 4:12] = 120
    write_volume(tmp_path / "a.nii.gz", volume, np.uint16)
    masks = read_vertebra_masks(tmp_path / "a.nii.gz")
    numbers = {level: number for number, level in masks.levels.items()}
    assert np.flatnonzero((masks.array == numbers["T12"]).any(axis=(1, 2))).tolist() == list(range(46, 56))
    assert not masks.array[37].any()


def test_the_names_in_the_header_decide(tmp_path: Path) -> None:
    image = nib.Nifti1Image(labels({"T12": 7, "L1": 6, "L2": 2}).array.T, to_lps(AFFINE))
    content = table((7, "vertebrae_L4"), (6, "vertebrae_L5"), (2, "vertebrae_L6"))
    image.header.extensions.append(nib.nifti1.Nifti1Extension(0, content))
    nib.save(image, tmp_path / "a.nii.gz")
    assert list(read_vertebra_masks(tmp_path / "a.nii.gz").levels.values()) == ["L4", "L5", "L6"]


def test_number_26_is_named_as_doubtful(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii.gz", {"T12": 28, "L1": 27, "L2": 26})
    masks = read_vertebra_masks(path)
    assert list(masks.levels.values()) == ["L4", "L5", "S1"]
    assert masks.warnings == (
        f"{path}: label 26 read as S1, as in TotalSegmentator's task total; it is L6 in total_v3: see --format "
        "totalsegmentator-v3-masks",
    )
    masks = read_vertebra_masks(path, "totalsegmentator-v3-masks")
    assert (list(masks.levels.values()), masks.warnings) == (["L4", "L5", "L6"], ())


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"T12": 0, "L1": 0, "L2": 0}, "no label; expected a mask of vertebrae"),
        ({"T12": 400, "L1": 20, "L2": 21}, "fits no known numbering (VerSe: label 400 unknown"),
        ({"T12": 5, "L1": 60, "L2": 61}, "TotalSegmentator: no vertebra"),
        ({"T12": 21, "L1": 20, "L2": 19}, "L1 (label 20) lies above T12 (label 19)"),
    ],
)
def test_masks_without_usable_vertebrae(tmp_path: Path, numbers: dict[str, int], message: str) -> None:
    path = write(tmp_path / "a.nii.gz", numbers)
    with pytest.raises(InputError) as caught:
        read_vertebra_masks(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert message in problem


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full(SHAPE, -1024, np.int16), "values from -1024 to -1024; expected a mask with a whole number"),
        (np.full(SHAPE, 0.5, np.float32), "values from 0.5 to 0.5; expected a mask"),
        (np.full(SHAPE, 70000, np.int32), "values from 70000 to 70000; expected a mask"),
        (np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE) % 900, "899 different values; expected a mask"),
        (np.full(SHAPE, np.nan, np.float32), "values from nan to nan; expected a mask"),
    ],
)
def test_images_that_are_no_masks(tmp_path: Path, array: npt.NDArray[np.generic], message: str) -> None:
    nib.save(nib.Nifti1Image(array.T, to_lps(AFFINE)), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=message):
        read_vertebra_masks(tmp_path / "a.nii.gz")


def test_folders_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no mask of a vertebra; expected files such as"):
        read_vertebra_masks(tmp_path / "empty")
    folder = write_folder(tmp_path / "a")
    for level in ROWS:
        write_volume(folder / f"vertebrae_{level}.nii.gz", Volume(np.zeros(SHAPE), AFFINE), np.uint8)
    with pytest.raises(InputError, match="all masks of vertebrae are empty; expected at least one"):
        read_vertebra_masks(folder)
    write_volume(folder / "vertebra_L1.nii.gz", Volume(np.zeros(SHAPE), AFFINE), np.uint8)
    with pytest.raises(InputError, match="second mask of L1 after"):
        read_vertebra_masks(folder)


def test_all_problems_of_a_folder_at_once(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a")
    (folder / "vertebrae_L1.nii.gz").write_bytes((folder / "vertebrae_T12.nii.gz").read_bytes())
    write_volume(folder / "vertebrae_L3.nii.gz", labels({"T12": 1, "L1": 2, "L2": 3}), np.uint8)
    shifted = Volume(np.ones(SHAPE), lps_affine((3.0, 2.0, 2.5), (-10.0, 5.0, -290.0)))
    write_volume(folder / "vertebrae_L4.nii.gz", shifted, np.uint8)
    with pytest.raises(InputError) as caught:
        read_vertebra_masks(folder)
    of_l1, of_l3, of_l4 = caught.value.problems
    assert of_l1 == f"{folder / 'vertebrae_L1.nii.gz'}: 100% of L1 is T12 as well; expected one name for each vertebra"
    assert of_l3 == f"{folder / 'vertebrae_L3.nii.gz'}: 3 labels; expected the mask of one vertebra"
    assert of_l4.startswith(f"{folder / 'vertebrae_L4.nii.gz'}: 60 x 20 x 16 voxels of 3 x 2 x 2.5 mm (z, y, x) from")


def test_swapped_files_of_a_folder(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "a")
    (folder / "vertebrae_L1.nii.gz").rename(folder / "other")
    (folder / "vertebrae_L2.nii.gz").rename(folder / "vertebrae_L1.nii.gz")
    (folder / "other").rename(folder / "vertebrae_L2.nii.gz")
    with pytest.raises(
        InputError, match=r"L2 \(label 22\) lies above L1 \(label 21\); expected masks of vertebrae with"
    ):
        read_vertebra_masks(folder)


@pytest.mark.parametrize(
    ("shape", "affine"),
    [
        ((61, 20, 16), AFFINE),
        (SHAPE, lps_affine((3.0, 2.0, 2.5), (-10.0, 5.0, -298.0))),
        (SHAPE, lps_affine((3.1, 2.0, 2.5), (-10.0, 5.0, -300.0))),
        (SHAPE, AFFINE @ np.diag([-1.0, 1.0, 1.0, 1.0])),
    ],
    ids=["size", "place", "spacing", "mirrored"],
)
def test_another_geometry_is_an_error_with_values(
    tmp_path: Path, shape: tuple[int, int, int], affine: npt.NDArray[np.floating]
) -> None:
    masks = read_vertebra_masks(write(tmp_path / "a.nii.gz", numbers_of(VERSE)))
    masks.check_grid(Path("ct.nii.gz"), SHAPE, AFFINE + 1e-4)
    with pytest.raises(InputError) as caught:
        masks.check_grid(Path("ct.nii.gz"), shape, affine)
    _, grid = canonical_grid(shape, affine)
    first = ", ".join(f"{value:.1f}" for value in grid[:3, 3])
    length = "3.1" if affine[2, 2] == 3.1 else "3"
    assert str(caught.value) == (
        f"{tmp_path / 'a.nii.gz'}: 60 x 20 x 16 voxels of 3 x 2 x 2.5 mm (z, y, x) from LPS (-10.0, 5.0, -300.0) mm; "
        f"expected that of ct.nii.gz, {shape[0]} x 20 x 16 voxels of {length} x 2 x 2.5 mm (z, y, x) from LPS "
        f"({first}) mm: resample the masks to the CT"
    )


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIR", "SLA"])
def test_a_grid_is_canonical_as_its_volume_is(codes: str) -> None:
    volume = labels(numbers_of(VERSE))
    image = nib.Nifti1Image(volume.array.T, to_lps(AFFINE))
    turned = image.as_reoriented(
        nib.orientations.ornt_transform(
            nib.orientations.io_orientation(image.affine), nib.orientations.axcodes2ornt(tuple(codes))
        )
    )
    stored = np.asanyarray(turned.dataobj).T
    canonical = to_canonical(Volume(stored, to_lps(turned.affine)))
    shape, affine = canonical_grid(stored.shape, to_lps(turned.affine))
    assert shape == canonical.array.shape
    np.testing.assert_allclose(affine, canonical.affine)


def test_stray_voxels_do_not_change_the_order(tmp_path: Path) -> None:
    volume = labels(numbers_of(VERSE))
    volume.array[0:6, 5:15, 4:12] = numbers_of(VERSE)["T12"]
    write_volume(tmp_path / "a.nii.gz", volume, np.uint16)
    assert list(read_vertebra_masks(tmp_path / "a.nii.gz").levels.values()) == list(ROWS)

"""Read the masks of the vertebrae of one CT: one label map, or a folder with a file per vertebra."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.images.masks import LARGEST_LABEL, is_whole
from dataset_conversion.images.registry import IMAGE_ENDINGS, read_image
from dataset_conversion.images.volume import Volume, to_canonical
from dataset_conversion.label_maps.label_names import header_levels, level_of_name
from dataset_conversion.label_maps.numberings import TOTALSEGMENTATOR, Numbering
from dataset_conversion.label_maps.recognition import choose_numbering, misfit
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, Geometry, index_to_world, world_to_index
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.levels import LEVELS

GEOMETRY_TOLERANCE = 0.5
"""Largest distance in voxels between the corners of a mask and of its CT. Headers are rounded differently."""
MOST_LABELS = 300
"""More labels than any program gives."""
LARGEST_OVERLAP = 0.1
"""Largest share of a vertebra that may belong to another vertebra as well. Borders of single masks can overlap."""


@dataclass(frozen=True, eq=False)
class VertebraMasks(Geometry):
    """The masks of the vertebrae of one CT on canonical LPS axes.

    Attributes:
        path: The label map or the folder.
        array: (z, y, x), a number for each vertebra and 0 elsewhere.
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        levels: Level by number, from the top down.
        warnings: Things that a person should know, one sentence each.
    """

    path: Path
    array: npt.NDArray[np.uint8]
    affine: FloatArray
    levels: Mapping[int, str]
    warnings: tuple[str, ...] = ()

    def check_grid(self, image: ImageSource, shape: Sequence[int], affine: FloatArray) -> None:
        """Check that the masks lie on the grid of their CT.

        Args:
            image: The CT, for the message.
            shape: Its voxels (z, y, x), on any axes.
            affine: Its voxel index (x, y, z) to LPS mm, 4x4.

        Raises:
            InputError: If shape, spacing or place differ.
        """
        expected_shape, expected = canonical_grid(shape, affine)
        if self.array.shape == expected_shape:
            corners = _corners(expected_shape)
            apart = world_to_index(self.affine, index_to_world(expected, corners)) - corners
            if np.abs(apart).max() <= GEOMETRY_TOLERANCE:
                return
        raise InputError(
            f"{self.path}: {_grid(self.array.shape, self.affine)}; expected that of {image}, "
            f"{_grid(expected_shape, expected)}: resample the masks to the CT"
        )


def read_vertebra_masks(path: Path, numbering: str | None = None) -> VertebraMasks:
    """Read the masks of the vertebrae of one CT.

    Args:
        path: A label map in any image format, or a folder with one file per vertebra, `vertebrae_L1.nii.gz`. Other
            files in the folder are ignored.
        numbering: Name of the numbering of a label map, one of `numberings.NUMBERINGS`; None to recognise it.

    Raises:
        InputError: If a file cannot be read, the numbering is not clear, or there is no vertebra.
    """
    return _read_folder(path) if path.is_dir() else _read_label_map(path, numbering)


def vertebra_files(folder: Path) -> dict[str, Path]:
    """The file of each vertebra in a folder, by level from the top down: `vertebrae_L1.nii.gz`.

    Raises:
        InputError: If a level has two files.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        level = _level_of_file(path)
        if level in found:
            raise InputError(f"{path}: second mask of {level} after {found[level]}; expected one")
        if level:
            found[level] = path
    return {level: found[level] for level in LEVELS if level in found}


def canonical_grid(shape: Sequence[int], affine: FloatArray) -> tuple[tuple[int, ...], FloatArray]:
    """Shape (z, y, x) and affine of a grid after its axes are brought to LPS."""
    orientation = nib.orientations.io_orientation(affine)
    stored = tuple(shape)[::-1]
    axes = np.argsort(orientation[:, 0])
    turned = tuple(stored[axis] for axis in axes)
    return turned[::-1], np.asarray(affine @ nib.orientations.inv_ornt_aff(orientation, stored))


def _level_of_file(path: Path) -> str | None:
    ending = next((ending for ending in IMAGE_ENDINGS if path.name.lower().endswith(ending)), "")
    return level_of_name(path.name[: -len(ending)]) if ending and path.is_file() else None


def _read_label_map(path: Path, numbering: str | None) -> VertebraMasks:
    volume = _read_labels(path)
    centres = _centres(path, volume)
    named = header_levels(path) if numbering is None else {}
    others = frozenset(centres.keys() - named.keys())
    chosen = (
        Numbering("", "the names in its header", named, others=others)
        if named
        else choose_numbering(str(path), centres, numbering)
    )
    levels = {
        number: level for number, level in (*chosen.levels.items(), *chosen.endplates.items()) if number in centres
    }
    if not levels:
        raise InputError(f"{path}: no vertebra among its {len(centres)} labels; expected a mask of vertebrae")
    table = np.zeros(int(volume.array.max()) + 1, dtype=np.uint8)
    for number, level in levels.items():
        table[number] = _number_of(level)
    warnings = (*volume.warnings, *_doubts(path, chosen, levels))
    return _checked(path, Volume(table[volume.array], volume.affine, warnings))


def _doubts(path: Path, numbering: Numbering, levels: Mapping[int, str]) -> tuple[str, ...]:
    if numbering is not TOTALSEGMENTATOR or 26 not in levels:
        return ()
    return (
        f"{path}: label 26 read as S1, as in TotalSegmentator's task total; it is L6 in total_v3: see --format "
        "totalsegmentator-v3-masks",
    )


def _checked(path: Path, volume: Volume) -> VertebraMasks:
    """The masks of the vertebrae in an array of `_number_of` their levels.

    Raises:
        InputError: If there are none, or their order or their distances are impossible.
    """
    centres = _centres(path, volume)
    levels = {number: LEVELS[number - 1] for number in sorted(centres)}
    if not levels:
        raise InputError(f"{path}: all masks of vertebrae are empty; expected at least one vertebra")
    problem = misfit(Numbering("", "its levels", levels), centres)
    if problem:
        raise InputError(f"{path}: {problem}; expected masks of vertebrae with the right names")
    return VertebraMasks(path, volume.array, volume.affine, levels, volume.warnings)


def _number_of(level: str) -> int:
    return LEVELS.index(level) + 1


def _read_labels(path: Path) -> Volume:
    """A label map on canonical axes.

    Raises:
        InputError: If it cannot be read or holds anything but whole numbers from 0 on.
    """
    header, array = read_image(path)
    lowest, highest = (array.min(), array.max())
    if not (lowest >= 0 and highest <= LARGEST_LABEL) or not is_whole(array):
        raise InputError(
            f"{path}: values from {lowest:g} to {highest:g}; expected a mask with a whole number for each vertebra"
        )
    labels = array if array.dtype == np.uint8 else array.astype(np.uint16)
    return to_canonical(Volume(labels, header.affine, header.warnings))


def _centres(path: Path, volume: Volume) -> dict[int, FloatArray]:
    """Centre (x, y, z) in LPS mm of each label by number; see `_centre`.

    Raises:
        InputError: If there are more labels than any program gives.
    """
    boxes = {number: box for number, box in enumerate(ndimage.find_objects(volume.array), start=1) if box is not None}
    if len(boxes) > MOST_LABELS:
        raise InputError(f"{path}: {len(boxes)} different values; expected a mask with a number for each vertebra")
    return {number: _centre(volume, number, box) for number, box in boxes.items()}


def _centre(volume: Volume, number: int, box: tuple[slice, ...]) -> FloatArray:
    """Centre of mass of the largest part of a label that no empty slice divides. Stray voxels do not move it far."""
    inside = volume.array[box] == number
    counts = np.count_nonzero(inside, axis=(1, 2))
    parts, count = ndimage.label(counts)
    sizes = ndimage.sum_labels(counts, parts, np.arange(1, count + 1))
    indices = np.argwhere(inside & (parts == np.argmax(sizes) + 1)[:, np.newaxis, np.newaxis])
    return np.asarray(index_to_world(volume.affine, indices + [part.start for part in box]).mean(axis=0))


def _read_folder(folder: Path) -> VertebraMasks:
    files = vertebra_files(folder)
    if not files:
        raise InputError(f"{folder}: no mask of a vertebra; expected files such as vertebrae_L1.nii.gz")
    first = next(iter(files.values()))
    header, _ = read_image(first)
    shape, affine = canonical_grid(header.shape, header.affine)
    array = np.zeros(shape, dtype=np.uint8)
    problems: list[str] = []
    for level, path in files.items():
        try:
            volume = _read_labels(path)
            VertebraMasks(path, volume.array, volume.affine, {}).check_grid(first, shape, affine)
            problems += _add(array, path, level, volume.array)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return _checked(folder, Volume(array, affine, header.warnings))


def _add(array: npt.NDArray[np.uint8], path: Path, level: str, mask: npt.NDArray[np.int16]) -> list[str]:
    """Add the mask of one vertebra to those of the others; return its problems."""
    inside = mask > 0
    values = np.unique(mask[inside])
    if len(values) > 1:
        return [f"{path}: {len(values)} labels; expected the mask of one vertebra"]
    others = array[inside]
    shared = int(np.count_nonzero(others))
    if shared > LARGEST_OVERLAP * len(others):
        other = LEVELS[int(np.bincount(others[others > 0]).argmax()) - 1]
        share = shared / len(others)
        return [f"{path}: {share:.0%} of {level} is {other} as well; expected one name for each vertebra"]
    array[inside & (array == 0)] = _number_of(level)
    return []


def _corners(shape: Sequence[int]) -> FloatArray:
    """Indices (8, 3) of the corner voxels of a grid."""
    return np.array(np.meshgrid(*[(0.0, size - 1.0) for size in shape], indexing="ij")).reshape(3, -1).T


def _grid(shape: Sequence[int], affine: FloatArray) -> str:
    """Size, spacing and place of a grid on canonical axes, for a message."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)[::-1]
    first = affine[:3, 3]
    return (
        f"{' x '.join(map(str, shape))} voxels of {' x '.join(f'{length:.4g}' for length in spacing)} mm (z, y, x) "
        f"from LPS ({', '.join(f'{value:.1f}' for value in first)}) mm"
    )

"""Read the masks of the vertebrae of one CT: one label map, or a folder with a file per vertebra."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.images.masks import LARGEST_LABEL
from dataset_conversion.images.registry import IMAGE_ENDINGS, read_image
from dataset_conversion.images.volume import Volume, to_canonical
from dataset_conversion.label_maps.label_names import header_levels, level_of_name
from dataset_conversion.label_maps.numberings import TOTALSEGMENTATOR, Numbering
from dataset_conversion.label_maps.recognition import choose_numbering
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, Geometry, index_to_world, world_to_index
from dataset_conversion.spine.levels import LEVELS

GEOMETRY_TOLERANCE = 0.5
"""Largest distance in voxels between the corners of a mask and of its CT. Headers are rounded differently."""
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

    def check_grid(self, image: Path, shape: Sequence[int], affine: FloatArray) -> None:
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
    boxes = ndimage.find_objects(volume.array)
    centres = {
        number: _centre_of_mass(volume, number, box) for number, box in enumerate(boxes, start=1) if box is not None
    }
    named = header_levels(path) if numbering is None else {}
    if named:
        levels = {number: level for number, level in named.items() if number in centres}
        return _of_levels(path, volume, levels)
    chosen = choose_numbering(str(path), centres, numbering)
    levels = {
        number: level for number, level in (*chosen.levels.items(), *chosen.endplates.items()) if number in centres
    }
    return _of_levels(path, volume, levels, _doubts(path, chosen, levels))


def _doubts(path: Path, numbering: Numbering, levels: Mapping[int, str]) -> tuple[str, ...]:
    if numbering is not TOTALSEGMENTATOR or 26 not in levels:
        return ()
    return (
        f"{path}: label 26 read as S1, as in TotalSegmentator's task total; it is L6 in total_v3: see --format "
        "totalsegmentator-v3-masks",
    )


def _of_levels(path: Path, volume: Volume, levels: Mapping[int, str], warnings: tuple[str, ...] = ()) -> VertebraMasks:
    """The masks of the vertebrae with these numbers in a label map."""
    if not levels:
        raise InputError(f"{path}: no vertebra among its labels; expected a mask of vertebrae")
    table = np.zeros(int(volume.array.max()) + 1, dtype=np.uint8)
    for number, level in levels.items():
        table[number] = _number_of(level)
    found = sorted({_number_of(level) for level in levels.values()})
    return VertebraMasks(
        path=path,
        array=table[volume.array],
        affine=volume.affine,
        levels={number: LEVELS[number - 1] for number in found},
        warnings=(*volume.warnings, *warnings),
    )


def _number_of(level: str) -> int:
    return LEVELS.index(level) + 1


def _read_labels(path: Path) -> Volume:
    """A label map on canonical axes.

    Raises:
        InputError: If it cannot be read or holds anything but whole numbers from 0 on.
    """
    header, array = read_image(path)
    lowest, highest = (array.min(), array.max())
    if not (lowest >= 0 and highest <= LARGEST_LABEL) or not _is_whole(array):
        raise InputError(
            f"{path}: values from {lowest:g} to {highest:g}; expected a mask with a whole number for each vertebra"
        )
    labels = array if array.dtype == np.uint8 else array.astype(np.uint16)
    return to_canonical(Volume(labels, header.affine, header.warnings))


def _is_whole(array: npt.NDArray[Any]) -> bool:
    return array.dtype.kind in "iub" or all(np.array_equal(plane, np.rint(plane)) for plane in array)


def _centre_of_mass(volume: Volume, number: int, box: tuple[slice, ...]) -> FloatArray:
    first = [part.start for part in box]
    indices = np.argwhere(volume.array[box] == number) + first
    return np.asarray(index_to_world(volume.affine, indices).mean(axis=0))


def _read_folder(folder: Path) -> VertebraMasks:
    files = vertebra_files(folder)
    if not files:
        raise InputError(f"{folder}: no mask of a vertebra; expected files such as vertebrae_L1.nii.gz")
    masks: VertebraMasks | None = None
    problems: list[str] = []
    for level, path in files.items():
        try:
            volume = _read_labels(path)
            masks = masks or VertebraMasks(folder, np.zeros(volume.array.shape, np.uint8), volume.affine, {})
            replaced = VertebraMasks(path, volume.array, volume.affine, {})
            replaced.check_grid(next(iter(files.values())), masks.array.shape, masks.affine)
            problems += _add(masks, path, level, volume)
        except InputError as error:
            problems += error.problems
    if problems or masks is None:
        raise InputError(problems)
    present = ndimage.find_objects(masks.array)
    levels = {number: LEVELS[number - 1] for number, box in enumerate(present, start=1) if box is not None}
    if not levels:
        raise InputError(f"{folder}: all masks of vertebrae are empty; expected at least one vertebra")
    return VertebraMasks(folder, masks.array, masks.affine, levels, masks.warnings)


def _add(masks: VertebraMasks, path: Path, level: str, volume: Volume) -> list[str]:
    """Add the mask of one vertebra; return its problems."""
    highest = int(volume.array.max())
    if not highest:
        return []
    inside = volume.array > 0
    if len(np.unique(volume.array[inside])) > 1:
        return [f"{path}: labels up to {highest}; expected the mask of one vertebra"]
    others = masks.array[inside]
    shared = np.count_nonzero(others)
    if shared > LARGEST_OVERLAP * len(others):
        other = LEVELS[int(np.bincount(others[others > 0]).argmax()) - 1]
        share = shared / len(others)
        return [f"{path}: {share:.0%} of {level} is {other} as well; expected one name for each vertebra"]
    masks.array[inside & (masks.array == 0)] = _number_of(level)
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

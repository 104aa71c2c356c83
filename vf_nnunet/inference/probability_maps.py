"""Write a case's probability maps as NIfTI files."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.maps.probability_map import write_probability_map
from evaluation.maps.quantisation import QuantisedArray
from vf_nnunet.inference.probability_grid import ProbabilityGrid

QuantisedMaps = Mapping[str, QuantisedArray]
"""Quantised probability (z, y, x) of each class of `MAPPED_CLASSES`, on the network's grid, by the class's name."""
MAPPED_CLASSES = (FRACTURE_NAME, NORMAL_NAME)
"""The classes that have a probability map."""


def write_probability_maps(
    folder: Path, case: str, maps: Mapping[str, FloatArray | QuantisedArray], grid: ProbabilityGrid
) -> None:
    """Write `<case>_fracture.nii.gz` and `<case>_normal.nii.gz` on the 1 mm grid, each in its own thread.

    Args:
        folder: Folder to write to.
        case: Case id.
        maps: Probability (z, y, x) of each class, quantised or not, on the network's grid.
        grid: Grid of the preprocessed image.
    """
    paths = map_paths(folder, case)
    # Compression leaves Python's global lock to others.
    with ThreadPoolExecutor(len(paths)) as pool:
        written = [
            pool.submit(write_probability_map, path, grid.pad(maps[name]), grid.affine) for name, path in paths.items()
        ]
    for one in written:
        one.result()


def map_paths(folder: Path, case: str) -> dict[str, Path]:
    """The file of each class's map."""
    return {name: folder / f"{case}_{name}.nii.gz" for name in MAPPED_CLASSES}

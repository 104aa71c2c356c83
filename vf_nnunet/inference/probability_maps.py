"""Write a case's probability maps as NIfTI files."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import FRACTURE_GRADE_NAMES, FRACTURE_NAME, NORMAL_NAME, LabelClasses
from evaluation.maps.probability_map import write_probability_map
from evaluation.maps.quantisation import QuantisedArray
from vf_nnunet.inference.probability_grid import ProbabilityGrid

QuantisedMaps = Mapping[str, QuantisedArray]
"""Quantised probability (z, y, x) of each map of a model (`LabelClasses.maps`), on the network's grid, by name."""
MAP_NAMES = (FRACTURE_NAME, NORMAL_NAME, *FRACTURE_GRADE_NAMES)
"""The maps that a case can have; those of the grades only if the model has a class for each."""


def class_maps(probabilities: FloatArray, classes: LabelClasses) -> dict[str, FloatArray]:
    """The probability (z, y, x) of each map of a model.

    Args:
        probabilities: (classes, z, y, x).
        classes: Classes of the model.
    """
    return {name: _sum(probabilities, labels) for name, labels in classes.maps.items()}


def _sum(probabilities: FloatArray, labels: tuple[int, ...]) -> FloatArray:
    """The sum of some classes' probabilities; a single class is not copied."""
    total: FloatArray = probabilities[labels[0]]
    for label in labels[1:]:
        total = total + probabilities[label]
    return total


def write_probability_maps(
    folder: Path, case: str, maps: Mapping[str, FloatArray | QuantisedArray], grid: ProbabilityGrid
) -> None:
    """Write `<case>_fracture.nii.gz`, `<case>_normal.nii.gz` and those of the grades, if any, on the 1 mm grid.

    Each is compressed in its own thread.

    Args:
        folder: Folder to write to.
        case: Case id.
        maps: Probability (z, y, x) by name, quantised or not, on the network's grid.
        grid: Grid of the preprocessed image.
    """
    paths = map_paths(folder, case, maps)
    # Compression leaves Python's global lock to others.
    with ThreadPoolExecutor(len(paths)) as pool:
        written = [
            pool.submit(write_probability_map, path, grid.pad(maps[name]), grid.affine) for name, path in paths.items()
        ]
    for one in written:
        one.result()


def map_paths(folder: Path, case: str, names: Iterable[str] = MAP_NAMES) -> dict[str, Path]:
    """The file of each map."""
    return {name: folder / f"{case}_{name}.nii.gz" for name in names}

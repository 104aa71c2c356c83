"""Probability maps that exist already: of `predict`, of training, or nnU-Net's `.npz` files."""

import json
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.volume import Volume, to_canonical
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME, LabelClasses
from evaluation.cohort.sources import MAP_SUFFIX, find_maps_in_folder
from evaluation.maps.nnunet_probabilities import SUFFIX
from evaluation.maps.probability_map import ProbabilityMap, is_on_grid_of, read_probability_map
from vf_nnunet.inference.probability_maps import map_paths

DESCRIPTION = "dataset.json"
"""nnU-Net's description of a dataset, which `nnUNetv2_predict` writes beside its results."""


@dataclass(frozen=True)
class MapFiles:
    """The files with the maps of a case.

    Attributes:
        case: Case id.
        path: The map of fracture, or nnU-Net's `.npz` file.
    """

    case: str
    path: Path

    @property
    def is_nnunet(self) -> bool:
        """Whether one `.npz` file holds all classes."""
        return self.path.name.lower().endswith(SUFFIX)

    @property
    def grid_file(self) -> Path:
        """The file whose header has the grid of the maps: nnU-Net's segmentation, or the map of fracture."""
        return self.path.with_name(self.path.name[: -len(SUFFIX)] + ".nii.gz") if self.is_nnunet else self.path

    @property
    def files(self) -> dict[str, Path]:
        """The files that the maps depend on, by name: nnU-Net's classes are numbered by its `dataset.json`."""
        if self.is_nnunet:
            description = self.path.with_name(DESCRIPTION)
            return {path.name: path for path in (self.path, self.grid_file, description) if path.is_file()}
        return {path.name: path for path in map_paths(self.path.parent, self.case).values() if path.is_file()}


def find_existing_maps(path: Path) -> dict[str, Path]:
    """The map of fracture, or nnU-Net's `.npz` file, by case id.

    Args:
        path: Folder with maps, or one of these files.

    Raises:
        InputError: If there are none, or a case has both kinds.
    """
    if path.is_file():
        ending = next((end for end in (MAP_SUFFIX, SUFFIX) if path.name.lower().endswith(end)), None)
        if ending is None:
            raise InputError(f"{path}: not a map; expected <case>{MAP_SUFFIX} or <case>{SUFFIX}, or a folder of them")
        return {path.name[: -len(ending)]: path}
    cases: dict[str, Path] = {}
    problems = []
    for found in find_maps_in_folder(path):
        if found.case_id in cases:
            problems.append(f"{found.path}: second map of case {found.case_id} after {cases[found.case_id]}")
        cases.setdefault(found.case_id, found.path)
    if problems:
        raise InputError([f"{problem}; expected one" for problem in problems])
    return dict(sorted(cases.items()))


def read_existing_maps(files: MapFiles) -> dict[str, ProbabilityMap]:
    """The maps of a case by name, on canonical axes.

    Raises:
        InputError: If the map of normal vertebrae is missing, a map cannot be read completely, or the maps of a case
            have different grids.
    """
    maps = _read_nnunet(files.path) if files.is_nnunet else _read_niftis(files)
    first = maps[FRACTURE_NAME]
    problems = [
        f"{files.path}: the map of {name} has shape {other.shape} and begins at {other.affine[:3, 3].round(1).tolist()}"
        f"; expected the grid of the map of fracture, {first.shape} and {first.affine[:3, 3].round(1).tolist()}"
        for name, other in maps.items()
        if not is_on_grid_of(other, first)
    ]
    if problems:
        raise InputError(problems)
    return {name: _canonical(one) for name, one in maps.items()}


def _read_nnunet(path: Path) -> dict[str, ProbabilityMap]:
    """The maps of nnU-Net's file, one sum of classes at a time."""
    return {name: read_probability_map(path, classes) for name, classes in _labels(path.parent).items()}


def _read_niftis(files: MapFiles) -> dict[str, ProbabilityMap]:
    paths = map_paths(files.path.parent, files.case)
    if not paths[NORMAL_NAME].is_file():
        raise InputError(f"{paths[NORMAL_NAME]}: missing; expected the map of normal vertebrae beside that of fracture")
    return {name: read_probability_map(path) for name, path in paths.items() if path.is_file()}


def _canonical(probability_map: ProbabilityMap) -> ProbabilityMap:
    volume = to_canonical(Volume(probability_map.quantised, probability_map.affine))
    return ProbabilityMap(volume.array, volume.affine)


def _labels(folder: Path) -> dict[str, tuple[int, ...]]:
    """The classes that each map sums up, by nnU-Net's `dataset.json`; the three standard ones without the file."""
    path = folder / DESCRIPTION
    if not path.is_file():
        return LabelClasses.standard().maps
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected nnU-Net's dataset.json") from error
    return LabelClasses.from_description(description, path).maps

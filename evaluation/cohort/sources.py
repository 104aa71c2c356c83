"""Search for the probability maps of a cohort.

A map is a NIfTI file of fracture probability, `<case>_fracture.nii.gz`, or a file of nnU-Net, `<case>.npz`. Endings are
read in upper and lower case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import FRACTURE, GRADE_NAMES
from evaluation.maps.nnunet_probabilities import SUFFIX, fracture_labels, read_classes

MAP_SUFFIX = "_fracture.nii.gz"
NO_MAP = f"no file named <case>{MAP_SUFFIX} or, as nnU-Net's --save_probabilities writes, <case>{SUFFIX}"


@dataclass(frozen=True)
class CaseMap:
    """The map of fracture probability of one case.

    Attributes:
        case_id: The case, as in the vertebra table.
        path: The NIfTI file, or nnU-Net's `.npz` file with its segmentation beside it.
        fold: Cross-validation fold of the model that predicted the map and was trained without this case; None if
            unknown.
        labels: Indices of the classes of fractures in nnU-Net's `.npz` file; their probabilities are summed up.
        grade_labels: Indices of the classes of the grades 0 to 3 in that file; empty if it has one class of fractures,
            and for a NIfTI file, which has the maps of the grades beside it.
    """

    case_id: str
    path: Path
    fold: int | None = None
    labels: tuple[int, ...] = (FRACTURE,)
    grade_labels: tuple[int, ...] = ()


def find_maps(path: Path, folds: Sequence[int] | None = None) -> list[CaseMap]:
    """Find the maps of a trained model or, if the folder is not one, of a folder of predictions.

    Raises:
        InputError: If there are no maps; see `find_maps_in_model` and `find_maps_in_folder`.
    """
    if any(path.glob("fold_*")):
        return find_maps_in_model(path, folds)
    return find_maps_in_folder(path)


def find_maps_in_folder(path: Path) -> list[CaseMap]:
    """Find all maps in a folder, sorted by case. Its `dataset.json`, if there is one, gives nnU-Net's labels.

    Raises:
        InputError: If the folder is missing or holds no map.
    """
    maps = _maps_in(path, None, path / "dataset.json")
    if not maps:
        raise InputError(f"{path}: {NO_MAP}; expected one per case")
    return maps


def find_maps_in_model(model: Path, folds: Sequence[int] | None = None) -> list[CaseMap]:
    """Find the out-of-fold maps of a cross-validated model.

    They are `fold_<k>/validation/probability_maps/<case>_fracture.nii.gz`, in a separate folder because nnU-Net treats
    every NIfTI file in `validation` as a segmentation. nnU-Net's own trainers, run with `--npz`, write
    `fold_<k>/validation/<case>.npz` instead.

    Args:
        model: nnU-Net's folder of a trained model, `nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>`.
        folds: The folds to read; None reads all that are there.

    Raises:
        InputError: If a fold has no maps. The message names each such fold and the command to run.
    """
    chosen = _folds_of(model) if folds is None else sorted(set(folds))
    folders = {fold: model / f"fold_{fold}" / "validation" for fold in chosen}
    by_fold = {
        fold: _maps_in(folder / "probability_maps", fold, model / "dataset.json")
        or _maps_in(folder, fold, model / "dataset.json")
        for fold, folder in folders.items()
    }
    problems = [
        f"{folders[fold] / 'probability_maps'}: {NO_MAP} in the folder above; expected the maps of fold {fold}: "
        f"train this fold to its end (vf_nnunet train -f {fold}, or nnUNetv2_train with --npz)"
        for fold, maps in by_fold.items()
        if not maps
    ]
    if problems:
        raise InputError(problems)
    return [case_map for maps in by_fold.values() for case_map in maps]


def _folds_of(model: Path) -> list[int]:
    names = [folder.name.removeprefix("fold_") for folder in model.glob("fold_*") if folder.is_dir()]
    folds = sorted(int(name) for name in names if name.isdecimal())
    if not folds:
        raise InputError(f"{model}: no folder fold_0, fold_1, ...; expected a trained model (run vf_nnunet train)")
    return folds


def _maps_in(folder: Path, fold: int | None, dataset_json: Path) -> list[CaseMap]:
    files = sorted(file for file in folder.glob("*") if not file.name.startswith("."))
    niftis, arrays = ([file for file in files if file.name.lower().endswith(end)] for end in (MAP_SUFFIX, SUFFIX))
    maps = [CaseMap(file.name[: -len(MAP_SUFFIX)], file, fold) for file in niftis]
    return [*maps, *(_arrays(arrays, fold, dataset_json) if arrays else [])]


def _arrays(files: Sequence[Path], fold: int | None, dataset_json: Path) -> list[CaseMap]:
    """The maps in nnU-Net's `.npz` files, whose classes are those of the dataset."""
    labels, classes = fracture_labels(dataset_json), read_classes(dataset_json)
    grades = () if classes is None else tuple(classes.values[name] for name in GRADE_NAMES)
    return [CaseMap(file.name[: -len(SUFFIX)], file, fold, labels, grades) for file in files]

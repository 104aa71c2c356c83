"""Where the probability maps of a cohort are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import EvaluationError

MAP_SUFFIX = "_fracture.nii.gz"


@dataclass(frozen=True)
class CaseMap:
    """One case's map of fracture probability.

    Attributes:
        case_id: The case, as in the vertebra table.
        path: The NIfTI file.
        fold: The cross-validation fold whose model, trained without this case, made the map; None when unknown.
    """

    case_id: str
    path: Path
    fold: int | None = None


def find_maps_in_folder(path: Path) -> list[CaseMap]:
    """Every `<case>_fracture.nii.gz` of a folder, sorted by case.

    Raises:
        EvaluationError: When the folder is missing or holds no map.
    """
    maps = _maps_in(path, fold=None)
    if not maps:
        raise EvaluationError(f"{path}: no file named <case>{MAP_SUFFIX} in this folder; wanted one per case")
    return maps


def find_maps_in_model(model: Path, folds: Sequence[int] | None = None) -> list[CaseMap]:
    """The out-of-fold maps of a cross-validated model, `fold_<k>/validation/probability_maps/<case>_fracture.nii.gz`.

    They have a folder of their own because nnU-Net takes every NIfTI file in `validation` for a segmentation.

    Args:
        model: nnU-Net's folder of a trained model, `nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>`.
        folds: The folds to read; None reads every fold folder that is there.

    Raises:
        EvaluationError: When a fold has no maps; the message names each such fold and what to run.
    """
    wanted = _folds_of(model) if folds is None else sorted(set(folds))
    folders = {fold: model / f"fold_{fold}" / "validation" / "probability_maps" for fold in wanted}
    by_fold = {fold: _maps_in(folder, fold) for fold, folder in folders.items()}
    findings = [
        f"{folders[fold]}: no file named <case>{MAP_SUFFIX}; wanted the maps of fold {fold}: "
        f"train this fold to its end (vf_nnunet train -f {fold})"
        for fold, maps in by_fold.items()
        if not maps
    ]
    if findings:
        raise EvaluationError(findings)
    return [case_map for maps in by_fold.values() for case_map in maps]


def _folds_of(model: Path) -> list[int]:
    names = [folder.name.removeprefix("fold_") for folder in model.glob("fold_*") if folder.is_dir()]
    folds = sorted(int(name) for name in names if name.isdecimal())
    if not folds:
        raise EvaluationError(f"{model}: no folder fold_0, fold_1, ...; wanted a trained model (run vf_nnunet train)")
    return folds


def _maps_in(folder: Path, fold: int | None) -> list[CaseMap]:
    files = sorted(file for file in folder.glob(f"*{MAP_SUFFIX}") if not file.name.startswith("."))
    return [CaseMap(file.name.removesuffix(MAP_SUFFIX), file, fold) for file in files]

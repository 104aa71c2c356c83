"""Pack a trained model into nnU-Net's zip."""

import json
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.nnunet.fold_record import check_agreement
from vf_nnunet.nnunet.folds import is_finished, usable_folders
from vf_nnunet.nnunet.names import PROBE_FILE, Fold, fold_of

SUMMARY = "summary.json"
LEFT_OUT = (
    "debug.json",
    "postprocessing.pkl",
    "postprocessing.json",
    "inference_information.json",
    "inference_information.txt",
)
"""Files of nnU-Net's zip with the host's name, absolute paths, or a postprocessing that removes vertebrae."""
LEFT_OUT_FOLDERS = ("crossval_results_", "ensembles")
"""Beginnings of the names of folders with the results of cases and postprocessings of them."""


def write_zip(model: Path, output: Path) -> tuple[Fold, ...]:
    """Write the finished folds of a model as a zip for nnUNetv2_install_pretrained_model_from_zip.

    nnU-Net's own zip also names the machine, its folders and the cases, and holds the postprocessing that removes
    vertebrae. These are left out; no command of nnU-Net needs them (`LEFT_OUT`, and the cases in `summary.json`).

    Args:
        model: nnU-Net's folder of the model.
        output: The file to write.

    Returns:
        The folds in the zip.

    Raises:
        InputError: If the folder is not a trained model, has no finished fold, or cannot be packed.
    """
    model = model.resolve()
    trainer, plans, configuration = model_identity(model)
    folds = finished_folds(model)
    # nnU-Net looks for the model in this folder, and paths in the zip are relative to it.
    os.environ["nnUNet_results"] = str(model.parents[1])

    from nnunetv2.model_sharing.model_export import export_pretrained_model

    try:
        with atomic_file(output) as temporary:
            whole = temporary.with_name(f"{temporary.name}.all")
            try:
                export_pretrained_model(model.parent.name, str(whole), (configuration,), trainer, plans, folds)
                _copy_without_private_parts(whole, temporary)
                _add_probes(model, folds, temporary)
            finally:
                whole.unlink(missing_ok=True)
    except (OSError, AssertionError) as error:
        raise InputError(
            f"{model}: cannot be packed ({error}); expected a model as nnUNetv2_train leaves it"
        ) from error
    return folds


def _copy_without_private_parts(source: Path, target: Path) -> None:
    with ZipFile(source) as whole, ZipFile(target, "w", ZIP_DEFLATED) as cleaned:
        for member in whole.infolist():
            path = PurePosixPath(member.filename)
            if path.name in LEFT_OUT or any(part.startswith(LEFT_OUT_FOLDERS) for part in path.parts):
                continue
            content = whole.read(member)
            cleaned.writestr(member, _without_cases(content) if path.name == SUMMARY else content, ZIP_DEFLATED)


def _add_probes(model: Path, folds: Sequence[Fold], target: Path) -> None:
    """Add the vertebra probes of the folds, which nnU-Net does not know."""
    with ZipFile(target, "a", ZIP_DEFLATED) as cleaned:
        for fold in folds:
            path = model / f"fold_{fold}" / PROBE_FILE
            if path.is_file():
                cleaned.write(path, path.relative_to(model.parents[1]).as_posix())


def _without_cases(summary: bytes) -> bytes:
    """A `summary.json` of nnU-Net with the means only."""
    content = json.loads(summary)
    return json.dumps({name: value for name, value in content.items() if name != "metric_per_case"}, indent=4).encode()


def model_identity(model: Path) -> tuple[str, str, str]:
    """Trainer, plans and configuration from the name of a model's folder.

    Raises:
        InputError: If the folder does not exist or its name has another form.
    """
    parts = model.name.split("__")
    if not model.is_dir() or len(parts) != 3 or not model.parent.name.startswith("Dataset"):
        raise InputError(
            f"{model}: not a trained model; expected nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>"
        )
    trainer, plans, configuration = parts
    return trainer, plans, configuration


def finished_folds(model: Path) -> tuple[Fold, ...]:
    """The folds that are trained and validated: the numbered ones, or "all" if none of them is.

    Raises:
        InputError: If there are none, or they were trained from different data or settings.
    """
    folders = usable_folders(model, is_finished)
    if not folders:
        raise InputError(
            f"{model}: no finished fold (checkpoint_final.pth and validation/summary.json); train one first"
        )
    check_agreement(folders)
    return tuple(fold_of(folder) for folder in folders)

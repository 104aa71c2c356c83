"""Pack a trained model into nnU-Net's zip."""

import os
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.nnunet.fold_record import check_agreement
from vf_nnunet.nnunet.folds import is_finished, usable_folders
from vf_nnunet.nnunet.names import Fold, fold_name


def write_zip(model: Path, output: Path) -> tuple[Fold, ...]:
    """Write the finished folds of a model as a zip for nnUNetv2_install_pretrained_model_from_zip.

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
            export_pretrained_model(model.parent.name, str(temporary), (configuration,), trainer, plans, folds)
    except (OSError, AssertionError) as error:
        raise InputError(
            f"{model}: cannot be packed ({error}); expected a model as nnUNetv2_train leaves it"
        ) from error
    return folds


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
    return tuple(fold_name(folder.name.removeprefix("fold_")) for folder in folders)

"""What `nnUNetv2_predict` does not check: the checkpoints that it ensembles, the results that it keeps, the CTs."""

import sys
from collections.abc import Mapping
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import Any

from dataset_conversion.spine.bone.hounsfield import check_hounsfield, stored_value_problems
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.uncaught_errors import show_errors_as_lines
from evaluation.maps.nifti import open_nifti
from vf_nnunet.nnunet.checks import check_origin, other_fold, read_checkpoint
from vf_nnunet.nnunet.fold_record import check_agreement
from vf_nnunet.nnunet.normalisation import IntensityScale

LOADING = "initialize_from_trained_model_folder"
"""The method of nnU-Net's predictor that builds the network after it has read the checkpoints."""


def check_loaded_checkpoints() -> None:
    """Check the checkpoints that nnU-Net's predictor is loading, if it is the predictor that builds the network.

    The predictor does not keep the model's folder, so that it is taken from the method that is running.

    Raises:
        InputError: If the checkpoints belong to other plans, or the folds were trained from different data or settings.
            It is shown as lines.
    """
    loading = _running(LOADING)
    if loading is None:
        return
    try:
        _check(loading)
    except InputError:
        show_errors_as_lines()
        raise


def _check(loading: Mapping[str, Any]) -> None:
    folder = Path(loading["model_training_output_dir"])
    paths = [folder / f"fold_{fold}" / loading["checkpoint_name"] for fold in loading["use_folds"]]
    check_agreement([path.parent for path in paths])
    for path in paths:
        checkpoint = read_checkpoint(path)
        check_origin(path, checkpoint, loading["plans"], loading["configuration_name"])
        trained = other_fold(path, checkpoint)
        if trained is not None:
            _warn(f"{path}: was trained as fold {trained}; expected the checkpoint of {path.parent.name}")


def _running(method: str) -> Mapping[str, Any] | None:
    """The local variables of the nearest calling function of this name."""
    frame: FrameType | None = currentframe()
    while frame is not None:
        if frame.f_code.co_name == method:
            return frame.f_locals
        frame = frame.f_back
    return None


def warn_of_kept_results() -> None:
    """Say that nnU-Net keeps any existing result."""
    _warn(
        "--continue_prediction keeps every existing result, whatever CT and model it was made from; expected an output "
        "folder of this model and these CTs; vf_nnunet predict --continue checks them"
    )


def warn_of_values(path: Path, scale: IntensityScale | None = None) -> None:
    """Say if the values of a CT are not those with which `vf_nnunet predict` computes; nnU-Net takes them as they are.

    Args:
        path: NIfTI file; what cannot be read is left to nnU-Net.
        scale: The model's normalisation; None for a z-score over the image.
    """
    try:
        array = open_nifti(path).read()
    except InputError as error:
        for problem in error.problems:
            _warn(problem)
        return
    if scale is not None and scale.raises_to_air:
        problems = check_hounsfield(array)
    else:
        problems = stored_value_problems(array, "in vf_nnunet predict, but not here, which shifts the z-score")
    for problem in problems:
        _warn(f"{path}: {problem}; the result is unreliable; expected vf_nnunet predict, or images made by convert")


def _warn(text: str) -> None:
    sys.stderr.write(f"warning: {text}\n")

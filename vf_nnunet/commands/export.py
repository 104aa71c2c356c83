"""pack a trained model as one file: .vf for vf_nnunet predict, or nnU-Net's .zip"""

import argparse
import os
import sys
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.commands.options import add_model

EXAMPLE = "vf_nnunet export -m MODEL --evaluation evaluation -o ensemble.vf"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_model(parser)
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="FILE",
        help="ending in .vf, or in .zip for nnUNetv2_install_pretrained_model_from_zip",
    )
    parser.add_argument(
        "--evaluation", type=Path, default=None, metavar="DIR", help="of this model: its operating points go into a .vf"
    )
    parser.add_argument(
        "--annotations",
        type=Path,
        default=None,
        metavar="CSV",
        help="the training cohort's vertebra table (default: nnUNet_raw/<dataset>/vertebrae.csv where it is)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the file of all finished folds."""
    output: Path = arguments.output
    writers = {".vf": _write_model_file, ".zip": _write_zip}
    if output.suffix not in writers:
        raise InputError(f"{output}: wanted a file name ending in {' or '.join(writers)}")
    if not output.absolute().parent.is_dir():
        raise InputError(f"{output.absolute().parent}: no such folder to write {output.name} to")
    writers[output.suffix](arguments)


def _write_model_file(arguments: argparse.Namespace) -> None:
    from vf_nnunet.inference.model_file import write_model_file
    from vf_nnunet.inference.model_folder import read_model_folder
    from vf_nnunet.screening.export_card import described

    model = described(read_model_folder(arguments.model), arguments.model, arguments.evaluation, arguments.annotations)
    card = write_model_file(arguments.output, model)
    sys.stdout.write(f"{arguments.output}: folds {', '.join(card.folds)} of {card.name}\n")


def _write_zip(arguments: argparse.Namespace) -> None:
    _refuse_what_a_zip_cannot_hold(arguments)
    model = arguments.model.resolve()
    trainer, plans, configuration = model_identity(model)
    folds = finished_folds(model)
    # nnU-Net finds the model below this folder and takes the zip's paths relative to it.
    os.environ["nnUNet_results"] = str(model.parents[1])

    from nnunetv2.model_sharing.model_export import export_pretrained_model

    try:
        with atomic_file(arguments.output) as temporary:
            export_pretrained_model(model.parent.name, str(temporary), (configuration,), trainer, plans, folds)
    except (OSError, AssertionError) as error:
        raise InputError(f"{model}: cannot be packed ({error}), wanted a model as nnUNetv2_train leaves it") from error
    sys.stdout.write(f"{arguments.output}: folds {', '.join(map(str, folds))} of {model.name}\n")


def _refuse_what_a_zip_cannot_hold(arguments: argparse.Namespace) -> None:

    options = {"--evaluation": arguments.evaluation, "--annotations": arguments.annotations}
    findings = [
        f"{option} {value}: a zip holds no card to put it in; wanted -o ending in .vf"
        for option, value in options.items()
        if value is not None
    ]
    if findings:
        raise InputError(findings)


def model_identity(model: Path) -> tuple[str, str, str]:
    """Trainer, plans and configuration in the name of a model's folder.

    Raises:
        InputError: If the folder does not exist or has another kind of name.
    """
    parts = model.name.split("__")
    if not model.is_dir() or len(parts) != 3 or not model.parent.name.startswith("Dataset"):
        raise InputError(
            f"{model}: not a trained model; wanted nnUNet_results/<dataset>/<trainer>__<plans>__<configuration>"
        )
    trainer, plans, configuration = parts
    return trainer, plans, configuration


def finished_folds(model: Path) -> tuple[int, ...]:
    """The folds that are trained and validated.

    Raises:
        InputError: If there are none.
    """
    from vf_nnunet.inference.model_folder import fold_folders, fold_number
    from vf_nnunet.nnunet.folds import is_finished

    folds = tuple(fold_number(path) for path in fold_folders(model) if is_finished(path))
    if not folds:
        raise InputError(
            f"{model}: no finished fold (checkpoint_final.pth and validation/summary.json); train one first"
        )
    return folds

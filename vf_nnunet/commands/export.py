"""Pack a trained model into one file: .vf for vf_nnunet predict, or nnU-Net's .zip."""

import argparse
import sys
from pathlib import Path

from dataset_conversion.spine.errors import InputError
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
        help="file name ending in .vf, or in .zip for nnUNetv2_install_pretrained_model_from_zip",
    )
    parser.add_argument(
        "--evaluation",
        type=Path,
        default=None,
        metavar="DIR",
        help="evaluation of this model, whose operating points are stored in the .vf file",
    )
    parser.add_argument(
        "--annotations",
        type=Path,
        default=None,
        metavar="CSV",
        help="vertebra table of the training cohort (default: nnUNet_raw/<dataset>/vertebrae.csv, if it exists)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Write all finished folds into one file."""
    output: Path = arguments.output
    writers = {".vf": _write_model_file, ".zip": _write_zip}
    if output.suffix not in writers:
        raise InputError(f"{output}: expected a file name ending in {' or '.join(writers)}")
    if not output.absolute().parent.is_dir():
        raise InputError(f"{output.absolute().parent}: no such folder to write {output.name} to")
    writers[output.suffix](arguments)


def _write_model_file(arguments: argparse.Namespace) -> None:
    from vf_nnunet.export.description import describe_model
    from vf_nnunet.model.model_file import write_model_file
    from vf_nnunet.model.model_folder import read_model_folder

    model = read_model_folder(arguments.model)
    model = describe_model(model, arguments.model, arguments.evaluation, arguments.annotations)
    card = write_model_file(arguments.output, model)
    sys.stdout.write(f"{arguments.output}: folds {', '.join(card.folds)} of {card.name}\n")


def _write_zip(arguments: argparse.Namespace) -> None:
    from vf_nnunet.export.nnunet_zip import write_zip

    options = {"--evaluation": arguments.evaluation, "--annotations": arguments.annotations}
    problems = [
        f"{option} {value}: a zip has no card to store it in; expected -o ending in .vf"
        for option, value in options.items()
        if value is not None
    ]
    if problems:
        raise InputError(problems)
    folds = write_zip(arguments.model, arguments.output)
    sys.stdout.write(
        f"{arguments.output}: folds {', '.join(map(str, folds))} of {arguments.model.resolve().name}; without the case "
        "ids, paths and host name, and without the postprocessing, that nnUNetv2_export_model_to_zip packs\n"
    )

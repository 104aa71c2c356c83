"""Options that several subcommands share, named as nnU-Net names them."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import CONFIGURATIONS, DEFAULT_CONFIGURATION
from vf_nnunet.nnunet.paths import dataset_name

if TYPE_CHECKING:
    from vf_nnunet.model.model import Model

MODEL_FOLDER = "nnUNet_results/<dataset>/nnUNetTrainerVF__nnUNetVFPlans__<configuration>"


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """Add -d, nnU-Net's id or name of a dataset."""
    parser.add_argument(
        "-d",
        dest="dataset_id",
        type=dataset_id,
        required=True,
        metavar="ID",
        help="nnU-Net dataset id, or its name DatasetXXX_NAME",
    )


def dataset_id(text: str) -> int:
    """The id in the text of an option, which may be the name of a dataset as in nnU-Net's commands.

    Raises:
        argparse.ArgumentTypeError: If it is neither, or no dataset has this name.
    """
    if text.isdecimal():
        return int(text)
    number = re.fullmatch(r"Dataset(\d{3,})_.+", text)
    if number is None:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number, or a name such as Dataset701_Fractures")
    try:
        found = dataset_name(int(number.group(1)))
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if found != text:
        raise argparse.ArgumentTypeError(f"{text!r}; the dataset with this id is {found}")
    return int(number.group(1))


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Add -c, one of the three configurations."""
    parser.add_argument(
        "-c",
        dest="configuration",
        default=DEFAULT_CONFIGURATION,
        metavar="CONFIGURATION",
        help=f"configuration: {', '.join(CONFIGURATIONS)} (default: {DEFAULT_CONFIGURATION})",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add -device, one of nnU-Net's device names; by default the GPU if there is one."""
    parser.add_argument(
        "-device",
        choices=("cuda", "cpu", "mps"),
        default=None,
        help="device (default: cuda if available, otherwise cpu)",
    )


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Add --processes, in nnU-Net -np: the number of worker processes."""
    parser.add_argument(
        "-np",
        "--processes",
        dest="processes",
        type=int,
        default=2,
        metavar="N",
        help="number of worker processes (default: 2)",
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add -m, the folder of a trained model."""
    parser.add_argument("-m", dest="model", type=Path, required=True, metavar="MODEL", help=MODEL_FOLDER)


def add_optional_model(parser: argparse.ArgumentParser) -> None:
    """Add -m, the folder or file of a trained model; by default that of the package (`open_chosen_model`)."""
    parser.add_argument(
        "-m",
        dest="model",
        type=Path,
        default=None,
        metavar="MODEL",
        help=f"{MODEL_FOLDER}, or a .vf file (default: the package's own model, which was trained on phantoms only)",
    )


def open_chosen_model(path: Path | None, folds: Sequence[str] | None) -> "Model":
    """The model of -m, or the one that comes with the package; what to know of it goes to standard error.

    Args:
        path: Folder or file; None for the package's model.
        folds: The folds to use; None uses all.

    Raises:
        InputError: If there is no model, it cannot be read, or it lacks a fold.
    """
    from vf_nnunet.model.default_model import open_default_model
    from vf_nnunet.model.open_model import open_model

    model = open_default_model(folds) if path is None else open_model(path, folds)
    if model.card.caution:
        sys.stderr.write(f"warning: {model.card.caution}\n")
    return model


def add_folds(parser: argparse.ArgumentParser) -> None:
    """Add -f, the folds of an ensemble; by default all."""
    parser.add_argument(
        "-f", dest="folds", nargs="+", default=None, metavar="K", help="folds to use (default: all trained folds)"
    )


def add_fracture_grade(parser: argparse.ArgumentParser) -> None:
    """Add --fracture-grade, the lowest grade of a fracture."""
    parser.add_argument(
        "--fracture-grade",
        type=int,
        choices=(1, 2, 3),
        default=1,
        help="lowest grade that counts as a fracture (default: 1)",
    )


def add_output(parser: argparse.ArgumentParser, help_text: str, default: Path | None = None) -> None:
    """Add -o, the output folder; it is required if there is no default."""
    if default is not None:
        help_text += f" (default: {default})"
    parser.add_argument(
        "-o", dest="output", type=Path, required=default is None, default=default, metavar="DIR", help=help_text
    )


def output_problems(output: Path) -> list[str]:
    """Check before long work that an output folder can be written; nothing is created."""
    parents = (output.absolute(), *output.absolute().parents)
    existing = next(path for path in parents if os.path.exists(path))
    if not existing.is_dir():
        return [f"-o {output}: {existing} is a file; expected a folder or a new name"]
    if not os.access(existing, os.W_OK | os.X_OK):
        return [f"-o {output}: {existing} is not writable; expected a folder that you can write to"]
    return []


def separate_output_problems(output: Path, source: Path) -> list[str]:
    """As `output_problems`, for maps that must not lie among the CTs of a folder."""
    problems = output_problems(output)
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        problems.append(
            f"-o {output}: lies in -i {source}, where its maps would be taken for CTs; expected another folder"
        )
    return problems


def chosen_device(requested: str | None) -> str:
    """The requested device; by default the GPU if there is one.

    Raises:
        InputError: If the requested device is not available.
    """
    from vf_nnunet.network.device import usable_device

    return str(usable_device(requested))


def check_configuration(configuration: str) -> None:
    """Check that a configuration exists.

    Raises:
        InputError: If it does not.
    """
    if configuration not in CONFIGURATIONS:
        raise InputError(f"configuration {configuration}: unknown; expected one of {', '.join(CONFIGURATIONS)}")

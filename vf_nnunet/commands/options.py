"""Options that several subcommands share, named as nnU-Net names them."""

import argparse
import os
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import CONFIGURATIONS, DEFAULT_CONFIGURATION

MODEL_FOLDER = "nnUNet_results/<dataset>/nnUNetTrainerVF__nnUNetVFPlans__<configuration>"


def add_dataset(parser: argparse.ArgumentParser) -> None:
    """-d: nnU-Net's number of a dataset."""
    parser.add_argument("-d", dest="dataset_id", type=int, required=True, metavar="ID", help="nnU-Net dataset id")


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """-c: one of the three configurations."""
    parser.add_argument(
        "-c",
        dest="configuration",
        default=DEFAULT_CONFIGURATION,
        metavar="CONFIGURATION",
        help=f"{', '.join(CONFIGURATIONS)} (default: {DEFAULT_CONFIGURATION})",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """-device: nnU-Net's device names; by default the GPU where there is one."""
    parser.add_argument(
        "-device", choices=("cuda", "cpu", "mps"), default=None, help="default: cuda where available, else cpu"
    )


def add_processes(parser: argparse.ArgumentParser) -> None:
    """--processes, or -np as in nnU-Net: worker processes."""
    parser.add_argument(
        "-np", "--processes", dest="processes", type=int, default=2, metavar="N", help="worker processes (default: 2)"
    )


def add_model(parser: argparse.ArgumentParser, help_text: str = MODEL_FOLDER) -> None:
    """-m: a trained model, by default its folder."""
    parser.add_argument(
        "-m",
        dest="model",
        type=Path,
        required=True,
        metavar="MODEL",
        help=help_text,
    )


def add_fracture_grade(parser: argparse.ArgumentParser) -> None:
    """--fracture-grade: what counts as a fracture."""
    parser.add_argument(
        "--fracture-grade", type=int, choices=(1, 2, 3), default=1, help="lowest grade that is a fracture (default: 1)"
    )


def add_output(parser: argparse.ArgumentParser, help_text: str, default: Path | None = None) -> None:
    """-o: where results go; to be given where there is no default."""
    if default is not None:
        help_text += f" (default: {default})"
    parser.add_argument(
        "-o", dest="output", type=Path, required=default is None, default=default, metavar="DIR", help=help_text
    )


def output_findings(output: Path) -> list[str]:
    """What keeps a folder from being written to, found before long work; nothing is made."""
    parents = (output.absolute(), *output.absolute().parents)
    existing = next(path for path in parents if os.path.exists(path))
    if not existing.is_dir():
        return [f"-o {output}: {existing} is a file; wanted a folder or a new name"]
    if not os.access(existing, os.W_OK | os.X_OK):
        return [f"-o {output}: nothing can be written to {existing}; wanted a folder of yours"]
    return []


def chosen_device(requested: str | None) -> str:
    """The requested device, or the GPU where there is one; InputError where the requested one is not there."""
    from vf_nnunet.network.device import usable_device

    return str(usable_device(requested))


def check_configuration(configuration: str) -> None:
    """Raise InputError for a configuration that does not exist."""
    if configuration not in CONFIGURATIONS:
        raise InputError(f"configuration {configuration}: unknown; expected one of {', '.join(CONFIGURATIONS)}")

"""Show what is installed, which of nnU-Net's paths are set, and what is wrong."""

import argparse
import contextlib
import io
import os
import sys
import warnings
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.versions import installed_versions

EXAMPLE = "vf_nnunet doctor"
PACKAGES = ("vf_nnunet", "nnunetv2", "torch", "torchvision", "batchgeneratorsv2", "nibabel", "numpy", "scikit-learn")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> None:
    """Print the state of the installation, and raise all problems at once."""
    lines: list[str] = []
    problems: list[str] = []
    for section in (_packages(), _hardware(), _folders(), _trainer()):
        lines += section[0]
        problems += section[1]
    sys.stdout.write("\n".join(lines) + "\n")
    if problems:
        raise InputError(problems)
    sys.stdout.write("no problems found\n")


Section = tuple[list[str], list[str]]


def _packages() -> Section:
    versions = installed_versions([*PACKAGES, "openvino"])
    lines = [f"{package} {version}" for package, version in versions.items()]
    if "openvino" not in versions:
        lines.append("openvino: not installed; torch predicts about half as fast on a CPU: run pip install openvino")
    missing = (package for package in PACKAGES if package not in versions)
    return lines, [f"{package} is not installed; run pip install {package}" for package in missing]


def _hardware() -> Section:
    import torch

    from vf_nnunet.network.device import has_cpu_bfloat16

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    instructions = "yes" if has_cpu_bfloat16() else "no, so training is slower"
    return [f"GPU: {gpu}", f"CPU: {os.cpu_count()} cores, bfloat16 instructions: {instructions}"], []


def _folders() -> Section:
    from vf_nnunet.nnunet.paths import FOLDER_VARIABLES, nnunet_folder

    lines, problems = [], []
    for variable in FOLDER_VARIABLES:
        if not os.environ.get(variable):
            problems.append(f"{variable} is not set; export {variable}=/path/to/{variable}")
            continue
        folder = nnunet_folder(variable)
        lines.append(f"{variable} = {folder}")
        if not folder.is_dir():
            problems.append(f"{variable}: {folder} does not exist; create it or correct the variable")
    return lines, problems


def _trainer() -> Section:
    from vf_nnunet.nnunet.names import TRAINER, TRAINER_FOLDER
    from vf_nnunet.nnunet.paths import TRAINER_VARIABLE, trainer_environment

    named = os.environ.get(TRAINER_VARIABLE, "").split(os.pathsep)
    if str(TRAINER_FOLDER) in named:
        lines = [f"{TRAINER_VARIABLE} contains the trainer's folder"]
    else:
        lines = [f'to use nnU-Net\'s own commands: export {TRAINER_VARIABLE}="$(vf_nnunet trainer-dir)"']
    os.environ.update(trainer_environment(os.environ))
    try:
        # nnU-Net says where it searches, and libraries that it imports warn of their own future.
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name

            found = recursive_find_trainer_class_by_name(TRAINER)
    except (ImportError, RuntimeError) as error:
        return lines, [f"nnU-Net cannot load {TRAINER}: {error}; torch and torchvision must belong to the same release"]
    return [*lines, f"{TRAINER} found in {Path(sys.modules[found.__module__].__file__ or '').name}"], []

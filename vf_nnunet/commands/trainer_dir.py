"""Print the folder for nnUNet_extTrainer, with which nnU-Net's own commands find the trainer."""

import argparse
import sys

from vf_nnunet.nnunet.names import TRAINER_FOLDER

EXAMPLE = 'export nnUNet_extTrainer="$(vf_nnunet trainer-dir)"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> None:
    """Print the folder."""
    sys.stdout.write(f"{TRAINER_FOLDER}\n")

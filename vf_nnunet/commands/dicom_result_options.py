"""Options about results as DICOM objects."""

import argparse
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource

if TYPE_CHECKING:
    from vf_nnunet.screening.batch import CaseAddition


def add_dicom(parser: argparse.ArgumentParser, needs: str = "") -> None:
    """Add --dicom.

    Args:
        parser: Parser of the subcommand.
        needs: What it needs, as the end of a sentence.
    """
    parser.add_argument(
        "--dicom",
        action="store_true",
        help="also write DICOM objects of each case into <case>/dicom/: structured report, segmentations, picture and "
        "key slices; for CTs that are DICOM" + needs,
    )


def dicom_addition(
    arguments: argparse.Namespace, maps: Mapping[str, Path], cts: Mapping[str, ImageSource]
) -> "CaseAddition":
    """What adds the DICOM objects to a case; without --dicom it adds nothing.

    Args:
        arguments: The parsed options.
        maps: The maps of fracture by case id, which exist when a case is done.
        cts: The CTs by case id.

    Raises:
        InputError: If a CT is not DICOM, or highdicom is not installed.
    """
    from vf_nnunet.screening.batch import CaseAddition

    if not arguments.dicom:
        return CaseAddition()
    if find_spec("highdicom") is None:
        raise InputError('--dicom: highdicom is not installed; expected pip install "vf_nnunet[dicom]"')
    from vf_nnunet.dicom_results.addition import DicomAddition, not_dicom

    problems = not_dicom(cts)
    if problems:
        raise InputError(problems)
    return DicomAddition(arguments.output, maps)

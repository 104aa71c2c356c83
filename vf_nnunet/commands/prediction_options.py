"""How a CT is predicted: the options that `predict` and `watch` share."""

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.commands.options import add_device, add_folds, add_optional_model
from vf_nnunet.commands.vertebra_options import patient_point, vertebra_options

if TYPE_CHECKING:
    from vf_nnunet.model.model import Model
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.operating_point import OperatingPoint
    from vf_nnunet.screening.vertebrae.options import VertebraOptions

BACKENDS = ("openvino", "torch")
"""The names of `vf_nnunet.inference.backend`, repeated here because importing numpy would slow down --help."""


def add_prediction(parser: argparse.ArgumentParser) -> None:
    """Add the model and the options of its computation."""
    add_optional_model(parser)
    add_folds(parser)
    add_device(parser)
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default=None,
        help="library that computes the network (default: the fastest one that is installed)",
    )
    parser.add_argument(
        "--memory",
        type=float,
        default=None,
        metavar="GB",
        help="memory for the prediction of a CT, in 10^9 bytes; with a GPU, its memory for tiles (default: half of the "
        "free memory, at most 3 on a CPU)",
    )
    parser.add_argument(
        "--no-skip", dest="skip_air", action="store_false", help="also compute tiles that contain only air"
    )
    parser.add_argument(
        "--everywhere",
        action="store_true",
        help="compute the whole body (default: only where the model's folds say that a vertebra can be)",
    )
    parser.add_argument("--no-maps", dest="maps", action="store_false", help="do not write the probability maps")


def prediction_problems(arguments: argparse.Namespace) -> list[str]:
    """What is wrong with the options of the computation."""
    problems = []
    if arguments.memory is not None and not arguments.memory > 0:
        problems.append(f"--memory {arguments.memory}: expected more than 0")
    if arguments.dicom and not arguments.maps:
        problems.append("--no-maps: --dicom makes its segmentations from the maps; expected one of the two")
    return problems


def screening_settings(
    arguments: argparse.Namespace, model: "Model", cases: Mapping[str, ImageSource]
) -> "ScreeningSettings":
    """The options as settings.

    Args:
        arguments: The parsed options.
        model: The model that predicts.
        cases: CTs by case id, as far as they are known; given centres must be of these.

    Raises:
        InputError: If the evaluation or the given centres cannot be used.
    """
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.vertebrae.given import check_source

    point, vertebrae = _decisions(arguments, model)
    return ScreeningSettings(
        operating_point=point,
        vertebrae=check_source(vertebrae, cases),
        memory_gb=arguments.memory,
        everywhere=arguments.everywhere,
        overlay=arguments.overlay or arguments.dicom,
        worklist=arguments.worklist,
        maps=arguments.maps,
        **({} if arguments.skip_air else {"air_below": None}),
    )


def _decisions(arguments: argparse.Namespace, model: "Model") -> "tuple[OperatingPoint, VertebraOptions]":
    """The operating point of patients, and how vertebrae are found, named and judged."""
    from vf_nnunet.model.default_model import default_model_path
    from vf_nnunet.model.model_file import fold_digests
    from vf_nnunet.nnunet.evaluation_record import check_evaluation, check_evaluation_of_file
    from vf_nnunet.screening.operating_point import (
        DEFAULT_NAME,
        OperatingPoint,
        patient_points,
        read_summary,
    )
    from vf_nnunet.screening.vertebrae.evaluated import evaluated_vertebrae

    points, evaluated = model.card.operating_points, model.card.vertebra_level
    if arguments.evaluation is not None:
        summary = read_summary(arguments.evaluation)
        points, evaluated = patient_points(summary), evaluated_vertebrae(arguments.evaluation, summary)
        path = arguments.model or default_model_path()
        if path.is_dir():
            check_evaluation(arguments.evaluation, path)
        else:
            is_own = points is not None and points == model.card.operating_points
            check_evaluation_of_file(arguments.evaluation, path, fold_digests(model.ensemble), is_own)
    point = patient_point(arguments, points)
    if arguments.evaluation is not None and point == OperatingPoint():
        raise InputError(
            f"{arguments.evaluation}: no {DEFAULT_NAME} point that can be used; expected an evaluation of patients "
            "with and without a fracture: leave --evaluation out, or give --operating-point or thresholds"
        )
    return point, vertebra_options(arguments, evaluated)

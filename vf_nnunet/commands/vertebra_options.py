"""Options about results, vertebrae and operating points that `predict` and `findings` share."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.levels import parse_level

if TYPE_CHECKING:
    from vf_nnunet.screening.earlier_results import Procedure
    from vf_nnunet.screening.operating_point import OperatingPoint
    from vf_nnunet.screening.vertebrae.options import VertebraOptions

Source = TypeVar("Source", bound=ImageSource)


def add_results(parser: argparse.ArgumentParser, overlay_needs: str = "") -> None:
    """Add the options for pictures and for results that exist already.

    Args:
        parser: Parser of the subcommand.
        overlay_needs: What a picture needs, as the end of a sentence.
    """
    add_overlay(parser, overlay_needs)
    parser.add_argument(
        *("--continue", "--continue_prediction", "--c"),
        dest="resume",
        action="store_true",
        help="skip cases that are finished with this input, model and options; others are done again",
    )


def add_overlay(parser: argparse.ArgumentParser, overlay_needs: str = "") -> None:
    """Add the option for pictures.

    Args:
        parser: Parser of the subcommand.
        overlay_needs: As in `add_results`.
    """
    parser.add_argument(
        "--overlay",
        action="store_true",
        help="also draw <case>_overlay.png: sagittal slices with the map and the names of the vertebrae"
        + overlay_needs,
    )


def cases_to_do(
    arguments: argparse.Namespace, cases: Mapping[str, Source], procedure: "Procedure"
) -> dict[str, Source]:
    """The cases to do, by --continue; warnings about results in the output folder go to standard error.

    Args:
        arguments: The parsed options.
        cases: CTs or maps by case id.
        procedure: How results are made now.

    Raises:
        InputError: If the output folder holds something else than results.
    """
    from vf_nnunet.screening.earlier_results import check_output, other_results, replaced_results, unfinished

    check_output(cases, arguments.output)
    others = other_results(cases, arguments.output, procedure)
    if arguments.resume:
        left, warnings = unfinished(cases, arguments.output, procedure)
    else:
        left, warnings = dict(cases), replaced_results(cases, arguments.output, procedure)
    sys.stderr.write("".join(f"warning: {warning}\n" for warning in (*warnings, *others)))
    return left


def add_vertebrae(parser: argparse.ArgumentParser) -> None:
    """Add the options for centres and names of vertebrae."""
    group = parser.add_argument_group("vertebrae (default: found in the maps, and named by their spacings)")
    centres = group.add_mutually_exclusive_group()
    centres.add_argument(
        "--centroids",
        type=Path,
        default=None,
        metavar="PATH",
        help="centres of the vertebral bodies, in any format that convert reads",
    )
    centres.add_argument(
        "--vertebra-masks",
        type=Path,
        default=None,
        metavar="PATH",
        help="masks of vertebrae as of VerSe, TotalSegmentator or SPINEPS: a file, or a folder with one of each case; "
        "also gives heights",
    )
    group.add_argument(
        "--format", default=None, metavar="NAME", help="format of the centroids, or numbering of the masks"
    )
    group.add_argument(
        "--lowest-vertebra", default=None, metavar="LEVEL", help="level of the lowest vertebra in the CT, such as L5"
    )
    group.add_argument(
        "--highest-vertebra", default=None, metavar="LEVEL", help="level of the highest vertebra in the CT, such as T1"
    )


def add_operating_point(parser: argparse.ArgumentParser) -> None:
    """Add the options for thresholds of patients and of vertebrae."""
    group = parser.add_argument_group(
        "operating point (default: from the model file, otherwise probability 0.5 and 125 voxels)"
    )
    group.add_argument(
        "--evaluation",
        type=Path,
        default=None,
        metavar="DIR",
        help="take the operating points of an evaluation, and the calibration of fracture_probability from its scores",
    )
    group.add_argument(
        "--operating-point", default=None, metavar="NAME", help="name of the operating point (default: youden)"
    )
    group.add_argument(
        "--probability-threshold",
        type=float,
        default=None,
        metavar="P",
        help="lowest probability of a finding's voxels",
    )
    group.add_argument(
        "--noise-threshold", type=int, default=None, metavar="N", help="smallest size of a finding in voxels of 1 mm3"
    )
    group.add_argument(
        "--vertebra-threshold", type=float, default=None, metavar="P", help="lowest score of a positive vertebra"
    )


def vertebra_option_problems(arguments: argparse.Namespace) -> list[str]:
    """What is wrong with the options about vertebrae."""
    names = {"--lowest-vertebra": arguments.lowest_vertebra, "--highest-vertebra": arguments.highest_vertebra}
    problems = [
        f"{option} {level}: expected a level such as T1, L5 or L6"
        for option, level in names.items()
        if level is not None and parse_level(level) is None
    ]
    problems += threshold_problems({"--vertebra-threshold": arguments.vertebra_threshold})
    if arguments.format is not None and arguments.centroids is None and arguments.vertebra_masks is None:
        problems.append(f"--format {arguments.format}: nothing to read; expected --centroids or --vertebra-masks")
    return problems


def threshold_problems(thresholds: Mapping[str, float | None]) -> list[str]:
    """What is wrong with thresholds of probabilities, by option; None for one that is not given."""
    return [
        f"{option} {value}: expected a number between 0 and 1"
        for option, value in thresholds.items()
        if value is not None and not 0 < value < 1
    ]


def patient_point(arguments: argparse.Namespace, points: Mapping[str, Any] | None) -> "OperatingPoint":
    """The operating point of patients that the options choose.

    Args:
        arguments: The parsed options.
        points: Operating points of an evaluation, by name; None without one.
    """
    from vf_nnunet.screening.operating_point import choose_operating_point

    return choose_operating_point(
        points, arguments.operating_point, arguments.probability_threshold, arguments.noise_threshold
    )


def vertebra_options(arguments: argparse.Namespace, evaluated: Mapping[str, Any] | None) -> "VertebraOptions":
    """The options as settings.

    Args:
        arguments: The parsed options.
        evaluated: What an evaluation of the model says about vertebrae, by the kind of centres; None without one.
    """
    from vf_nnunet.screening.vertebrae.options import VertebraOptions
    from vf_nnunet.screening.vertebrae.rule import choose_vertebra_rule

    options = VertebraOptions(
        centroids=arguments.centroids,
        masks=arguments.vertebra_masks,
        annotation_format=arguments.format,
        lowest=_level(arguments.lowest_vertebra),
        highest=_level(arguments.highest_vertebra),
    )
    rule = choose_vertebra_rule(evaluated, options.kind, arguments.operating_point, arguments.vertebra_threshold)
    return options.with_rule(rule)


def _level(text: str | None) -> str | None:
    return None if text is None else parse_level(text)

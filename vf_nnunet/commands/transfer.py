"""Measure how well a model does on other CTs with masks of vertebrae, such as real ones after phantoms."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.options import (
    add_device,
    add_folds,
    add_optional_model,
    add_output,
    open_chosen_model,
    separate_output_problems,
)
from vf_nnunet.commands.vertebra_options import threshold_problems

if TYPE_CHECKING:
    from vf_nnunet.model.model import Model
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.vertebrae.rule import CentreKind, VertebraRule
    from vf_nnunet.transfer.settings import TransferSettings

EXAMPLE = "vf_nnunet transfer -i cts/ --vertebra-masks masks/ -m ensemble.vf -o transfer"
PREDICTIONS = "predictions"
"""Folder in the output with what `predict` writes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "-i", dest="input", type=Path, required=True, metavar="CT", help="CT or folder of CTs, as for predict"
    )
    add_dicom_selection(parser)
    parser.add_argument(
        "--vertebra-masks",
        type=Path,
        required=True,
        metavar="PATH",
        help="masks of vertebrae as of VerSe, TotalSegmentator or SPINEPS: a file, or a folder with one of each case",
    )
    parser.add_argument("--format", default=None, metavar="NAME", help="numbering of the masks")
    parser.add_argument(
        "--grades",
        type=Path,
        default=None,
        metavar="PATH",
        help="grades in a format that convert reads; without them every vertebra counts as normal",
    )
    add_output(parser, f"folder for transfer.json, transfer.md, and {PREDICTIONS}/ with what predict writes")
    add_optional_model(parser)
    add_folds(parser)
    add_device(parser)
    parser.add_argument("--everywhere", action="store_true", help="compute the whole body, as for predict")
    parser.add_argument("--overlay", action="store_true", help="also draw <case>_overlay.png, as for predict")
    parser.add_argument(
        "--probability-threshold",
        type=float,
        default=None,
        metavar="P",
        help="lowest probability of a finding's voxels (default: from the model file, otherwise 0.5)",
    )
    parser.add_argument(
        "--vertebra-threshold",
        type=float,
        default=None,
        metavar="P",
        help="lowest score of a positive vertebra (default: likewise)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Predict the CTs as `predict` does, as far as that is not done, and compare the results with the masks."""
    from vf_nnunet.screening.passed_over import show_passed_over
    from vf_nnunet.screening.sources import find_cases
    from vf_nnunet.transfer.cases import find_transfer_cases, measure_prediction
    from vf_nnunet.transfer.settings import TransferSettings
    from vf_nnunet.transfer.table import write_table

    _check(arguments)
    found = find_cases(arguments.input, dicom_selection(arguments))
    show_passed_over(arguments.input, found.passed_over)
    cts = found.paths
    cases = find_transfer_cases(cts, arguments.vertebra_masks, arguments.format, arguments.grades)
    model = open_chosen_model(arguments.model, arguments.folds)
    screening = _screening_settings(arguments, model)
    rule = _rule(arguments, model, "annotated")
    failures = _predict(arguments, cts, model, screening)
    settings, probability = TransferSettings(), screening.operating_point.probability_threshold
    measured, notes = {}, _notes(arguments, rule, probability, settings)
    folder = arguments.output / PREDICTIONS
    for case in cases:
        if case.case not in failures:
            measured[case.case], warnings = measure_prediction(case, folder, rule, probability, settings)
            notes += warnings
    if measured:
        notes += [f"{case} is missing: it could not be predicted" for case in failures]
        notes += [model.card.caution] if model.card.caution else []
        card, threshold = model.card, rule.probability_threshold
        about = {"model": {"name": card.name, "dataset": card.dataset, "folds": list(card.folds)}}
        sys.stdout.write(write_table(arguments.output, measured, threshold, about, notes, settings))
    if failures:
        raise InputError([reason for reasons in failures.values() for reason in reasons])


def _check(arguments: argparse.Namespace) -> None:
    problems = separate_output_problems(arguments.output, arguments.input)
    problems += threshold_problems(
        {
            "--probability-threshold": arguments.probability_threshold,
            "--vertebra-threshold": arguments.vertebra_threshold,
        }
    )
    if problems:
        raise InputError(problems)


def _screening_settings(arguments: argparse.Namespace, model: "Model") -> "ScreeningSettings":
    """How the CTs are predicted: vertebrae are located in the maps, as without any further option of `predict`."""
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.operating_point import choose_operating_point
    from vf_nnunet.screening.vertebrae.options import VertebraOptions

    return ScreeningSettings(
        operating_point=choose_operating_point(model.card.operating_points, None, arguments.probability_threshold),
        vertebrae=VertebraOptions(rule=_rule(arguments, model, "own")),
        everywhere=arguments.everywhere,
        overlay=arguments.overlay,
    )


def _rule(arguments: argparse.Namespace, model: "Model", kind: "CentreKind") -> "VertebraRule":
    """How vertebrae at centres of one kind are scored and judged."""
    from vf_nnunet.screening.vertebrae.rule import choose_vertebra_rule

    threshold = arguments.vertebra_threshold
    return choose_vertebra_rule(model.card.vertebra_level, kind, probability_threshold=threshold)


def _predict(
    arguments: argparse.Namespace, cts: dict[str, ImageSource], model: "Model", settings: "ScreeningSettings"
) -> dict[str, list[str]]:
    """Predict the CTs without a result of this model; return the reasons for those that could not be predicted."""
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.screening.batch import PredictionProcedure, screen_cases
    from vf_nnunet.screening.earlier_results import check_output, unfinished

    output = arguments.output / PREDICTIONS
    check_output(cts, output)
    left, warnings = unfinished(cts, output, PredictionProcedure(cts, output, model, settings))
    sys.stderr.write("".join(f"warning: {warning}\n" for warning in warnings))
    if not left:
        return {}
    output.mkdir(parents=True, exist_ok=True)
    backend = open_backend(model.ensemble, None, arguments.device)
    failures, masks = screen_cases(left, output, model, backend, settings)
    not_cts = {case: [mask.reason] for mask in masks for case, path in left.items() if path == mask.path}
    return {**failures, **not_cts}


def _notes(
    arguments: argparse.Namespace, rule: "VertebraRule", probability: float, settings: "TransferSettings"
) -> list[str]:
    """What the numbers mean."""
    graded = "graded 0" if arguments.grades else "all of them: there are no grades (--grades)"
    return [
        "Vertebrae: thoracic and lumbar ones that the CT shows wholly. Found: with a vertebra located in the maps "
        f"within {settings.found_within:g} mm of the body's centre; one that was inserted into a gap does not count. "
        "Distance: from a body to the nearest located vertebra.",
        "False: located vertebrae that lie in no vertebral body with a mask.",
        f"Normal bodies: {graded}. Positive: a score of {rule.probability_threshold:g} or more at the centre of the "
        f"body ({rule.source}).",
        f"Discs marked: p(normal) + p(fracture) of {settings.marked:g} or more midway between two bodies, in a cube of "
        f"{settings.disc_side} mm.",
        f"Fracture volume: voxels with p(fracture) of {probability:g} or more.",
    ]

"""Detect fractures in a CT or a folder of CTs: probability maps, findings and vertebrae of each case."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.dicom_result_options import add_dicom, dicom_addition
from vf_nnunet.commands.options import (
    add_device,
    add_folds,
    add_optional_model,
    add_output,
    open_chosen_model,
    separate_output_problems,
)
from vf_nnunet.commands.vertebra_options import (
    add_operating_point,
    add_results,
    add_vertebrae,
    cases_to_do,
    patient_point,
    vertebra_option_problems,
    vertebra_options,
)
from vf_nnunet.commands.worklist_options import add_no_worklist, page_of_batch, worklist_problems

if TYPE_CHECKING:
    from vf_nnunet.model.model import Model
    from vf_nnunet.screening.operating_point import OperatingPoint
    from vf_nnunet.screening.vertebrae.options import VertebraOptions

EXAMPLE = "vf_nnunet predict -i ct.nii.gz -o predictions -m ensemble.vf --overlay"
BACKENDS = ("openvino", "torch")
"""The names of `vf_nnunet.inference.backend`, repeated here because importing numpy would slow down --help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "-i",
        dest="input",
        type=Path,
        required=True,
        metavar="CT",
        help="CT (NIfTI, NRRD, MHA), folder of DICOM slices, export or CD (also zipped), or folder with several "
        "of these",
    )
    add_dicom_selection(parser)
    add_output(
        parser, "folder for index.html, <case>_fracture.nii.gz, <case>_normal.nii.gz, <case>.json, vertebrae.csv"
    )
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
    add_results(parser)
    add_dicom(parser)
    add_no_worklist(parser)
    add_vertebrae(parser)
    add_operating_point(parser)


def run(arguments: argparse.Namespace) -> None:
    """Predict each CT; those that fail are recorded, and reported at the end."""
    from dataset_conversion.spine.labels import FRACTURE_NAME
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.inference.probability_maps import map_paths
    from vf_nnunet.screening.batch import PredictionProcedure, screen_cases, with_lacking
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.passed_over import record_passed_over, show_passed_over
    from vf_nnunet.screening.sources import find_cases
    from vf_nnunet.screening.vertebrae.given import check_source

    _check(arguments)
    found = find_cases(arguments.input, dicom_selection(arguments))
    maps = {case: map_paths(arguments.output, case)[FRACTURE_NAME] for case in found.paths}
    dicom = dicom_addition(arguments, maps, found.paths)
    model = open_chosen_model(arguments.model, arguments.folds)
    point, vertebrae = _decisions(arguments, model)
    settings = ScreeningSettings(
        operating_point=point,
        vertebrae=check_source(vertebrae, found.paths),
        memory_gb=arguments.memory,
        everywhere=arguments.everywhere,
        overlay=arguments.overlay or arguments.dicom,
        worklist=arguments.worklist,
        **({} if arguments.skip_air else {"air_below": None}),
    )
    procedure = PredictionProcedure(found.paths, arguments.output, model, settings)
    left = cases_to_do(arguments, found.paths, procedure)
    cases = with_lacking(found.paths, left, dicom)
    backend = open_backend(model.ensemble, arguments.backend, arguments.device)
    arguments.output.mkdir(parents=True, exist_ok=True)
    show_passed_over(arguments.input, found.passed_over)
    with page_of_batch(arguments, maps, found.paths, cases, model.card) as finished:
        failures, masks = screen_cases(
            *(cases, arguments.output, model, backend, settings, finished),
            add=dicom,
            done=cases.keys() - left.keys(),
        )
        record_passed_over(arguments.input, arguments.output, [*found.passed_over, *masks])
    problems = [reason for reasons in failures.values() for reason in reasons]
    if masks and len(masks) == len(found.paths):
        problems += [mask.reason for mask in masks]
    if problems:
        raise InputError(problems)


def _check(arguments: argparse.Namespace) -> None:
    problems = vertebra_option_problems(arguments)
    if arguments.memory is not None and not arguments.memory > 0:
        problems.append(f"--memory {arguments.memory}: expected more than 0")
    problems += separate_output_problems(arguments.output, arguments.input)
    problems += worklist_problems(arguments)
    if problems:
        raise InputError(problems)


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

"""Detect fractures in a CT or a folder of CTs: probability maps, findings and vertebrae of each case."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.cluster_options import add_cluster
from vf_nnunet.commands.options import (
    add_device,
    add_folds,
    add_optional_model,
    add_output,
    open_chosen_model,
    separate_output_problems,
)
from vf_nnunet.commands.shard_options import add_shards, is_sharded
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
    from collections.abc import Mapping

    from vf_nnunet.model.model import Model
    from vf_nnunet.screening.case import ScreeningSettings
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
        help="CT (NIfTI, NRRD, MHA), folder of DICOM slices, folder with several of these, or a manifest of CTs "
        "(.csv or .parquet with the columns case and path)",
    )
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
    parser.add_argument("--no-maps", dest="maps", action="store_false", help="do not write the probability maps")
    add_results(parser)
    add_no_worklist(parser)
    add_vertebrae(parser)
    add_operating_point(parser)
    add_shards(parser)
    add_cluster(parser)


def run(arguments: argparse.Namespace) -> None:
    """Predict each CT; those that fail are recorded, and reported at the end."""
    if is_sharded(arguments):
        from vf_nnunet.commands.predict_shards import predict_shards

        predict_shards(arguments)
        return
    from dataset_conversion.spine.labels import FRACTURE_NAME
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.inference.probability_maps import map_paths
    from vf_nnunet.screening.batch import PredictionProcedure, screen_cases
    from vf_nnunet.screening.passed_over import record_passed_over, show_passed_over
    from vf_nnunet.screening.sources import find_cases
    from vf_nnunet.sharding.layout import is_batch

    check_options(arguments)
    if is_batch(arguments.output):
        raise InputError(f"-o {arguments.output}: a batch in shards; expected --shard-size, or another folder")
    found = find_cases(arguments.input)
    model = open_chosen_model(arguments.model, arguments.folds)
    settings = screening_settings(arguments, model, found.paths)
    procedure = PredictionProcedure(found.paths, arguments.output, model, settings)
    cases = cases_to_do(arguments, found.paths, procedure)
    backend = open_backend(model.ensemble, arguments.backend, arguments.device)
    arguments.output.mkdir(parents=True, exist_ok=True)
    show_passed_over(arguments.input, found.passed_over)
    maps = {case: map_paths(arguments.output, case)[FRACTURE_NAME] for case in found.paths}
    with page_of_batch(arguments, maps, found.paths, cases, model.card) as finished:
        failures, masks = screen_cases(cases, arguments.output, model, backend, settings, finished)
        record_passed_over(arguments.input, arguments.output, [*found.passed_over, *masks])
    problems = [reason for reasons in failures.values() for reason in reasons]
    if masks and len(masks) == len(found.paths):
        problems += [mask.reason for mask in masks]
    if problems:
        raise InputError(problems)


def check_options(arguments: argparse.Namespace) -> None:
    """Check the options before long work.

    Raises:
        InputError: All problems at once.
    """
    problems = vertebra_option_problems(arguments)
    if arguments.memory is not None and not arguments.memory > 0:
        problems.append(f"--memory {arguments.memory}: expected more than 0")
    problems += separate_output_problems(arguments.output, arguments.input)
    problems += worklist_problems(arguments)
    if problems:
        raise InputError(problems)


def screening_settings(arguments: argparse.Namespace, model: "Model", cts: "Mapping[str, Path]") -> "ScreeningSettings":
    """How CTs are predicted, by the options and the model.

    Args:
        arguments: The parsed options.
        model: The model that predicts.
        cts: The CTs by case id, for which given centres are looked up.

    Raises:
        InputError: If an evaluation or given centres cannot be used.
    """
    from vf_nnunet.screening.case import ScreeningSettings
    from vf_nnunet.screening.vertebrae.given import check_source

    point, vertebrae = _decisions(arguments, model)
    return ScreeningSettings(
        operating_point=point,
        vertebrae=check_source(vertebrae, cts),
        memory_gb=arguments.memory,
        everywhere=arguments.everywhere,
        overlay=arguments.overlay,
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

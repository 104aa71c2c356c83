"""Predict the studies that arrive in a folder, each once, until the command is stopped."""

import argparse
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.dicom_result_options import add_dicom, dicom_addition
from vf_nnunet.commands.options import open_chosen_model, separate_output_problems
from vf_nnunet.commands.prediction_options import add_prediction, prediction_problems, screening_settings
from vf_nnunet.commands.vertebra_options import add_operating_point, add_overlay, threshold_problems
from vf_nnunet.commands.worklist_options import add_no_worklist, worklist_page, worklist_problems

if TYPE_CHECKING:
    from vf_nnunet.screening.batch import CaseAddition
    from vf_nnunet.watching.settings import WatchSettings

EXAMPLE = "vf_nnunet watch incoming results -m ensemble.vf --quiet 120"
CASE_ID = "{StudyInstanceUID:plain}"
"""Template of the cases' names: the folders in which studies arrive tell nothing."""
NO_VERTEBRA_OPTIONS = {
    "centroids": None,
    "vertebra_masks": None,
    "format": None,
    "lowest_vertebra": None,
    "highest_vertebra": None,
}
"""The options that say something of one CT, which nobody can say of those to come."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("input", type=Path, metavar="IN", help="folder where studies arrive; it is only read")
    parser.add_argument(
        "output", type=Path, metavar="OUT", help="folder for the results, as of predict, and for records in studies/"
    )
    parser.add_argument(
        "--quiet",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="a study is taken when none of its files has changed for so long (default: 60)",
    )
    parser.add_argument(
        "--poll",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="time between two looks at the folder while there is nothing to do (default: 10)",
    )
    add_dicom_selection(parser)
    add_prediction(parser)
    add_overlay(parser)
    add_dicom(parser)
    parser.add_argument(
        "--store", default=None, metavar="URL", help="with --dicom: send the objects to this DICOMweb service, as store"
    )
    add_no_worklist(parser)
    add_operating_point(parser)
    parser.set_defaults(case_id=CASE_ID, **NO_VERTEBRA_OPTIONS)


def run(arguments: argparse.Namespace) -> None:
    """Watch until Ctrl-C or SIGTERM, and end after the present study."""
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.screening.batch import PredictionProcedure
    from vf_nnunet.screening.earlier_results import check_output, other_results
    from vf_nnunet.watching.arrivals import Arrivals
    from vf_nnunet.watching.one_program import one_program
    from vf_nnunet.watching.sending import Sending
    from vf_nnunet.watching.stopping import stop_on_signals
    from vf_nnunet.watching.study_job import StudyJob
    from vf_nnunet.watching.study_records import StudyRecords
    from vf_nnunet.watching.watcher import Watcher, log

    settings = _check(arguments)
    dicom_addition(arguments, {}, {})
    check_output([], arguments.output)
    model = open_chosen_model(arguments.model, arguments.folds)
    screening = screening_settings(arguments, model, {})
    backend = open_backend(model.ensemble, arguments.backend, arguments.device)
    arguments.output.mkdir(parents=True, exist_ok=True)
    with one_program(arguments.output), stop_on_signals(log) as stop:
        records = StudyRecords(arguments.output)
        sending = Sending(arguments.output, arguments.store) if arguments.store is not None else None
        procedure = PredictionProcedure({}, arguments.output, model, screening)
        for warning in other_results([], arguments.output, procedure):
            sys.stderr.write(f"warning: {warning}\n")
        with worklist_page(arguments.output, model.card, arguments.worklist) as finished:
            job = StudyJob(
                *(arguments.output, model, backend, screening, dicom_selection(arguments)),
                *(partial(_addition, arguments), records.owner, finished),
            )
            log(f"watching {arguments.input}")
            Watcher(Arrivals(arguments.input), records, job, settings, sending).run(stop)
    log("stopped")


def _addition(arguments: argparse.Namespace, cts: Mapping[str, ImageSource]) -> "CaseAddition":
    """What adds the DICOM objects to the CTs of a study."""
    from dataset_conversion.spine.labels import FRACTURE_NAME
    from vf_nnunet.inference.probability_maps import map_paths

    maps = {case: map_paths(arguments.output, case)[FRACTURE_NAME] for case in cts}
    return dicom_addition(arguments, maps, cts)


def _check(arguments: argparse.Namespace) -> "WatchSettings":
    from vf_nnunet.watching.settings import WatchSettings

    problems = [
        *prediction_problems(arguments),
        *threshold_problems({"--vertebra-threshold": arguments.vertebra_threshold}),
        *separate_output_problems(arguments.output, arguments.input),
        *worklist_problems(arguments),
    ]
    if arguments.store is not None:
        problems += store_problems(arguments)
    if not arguments.input.is_dir():
        problems.append(f"{arguments.input}: no such folder; expected the folder where studies arrive")
    try:
        settings = WatchSettings(quiet=arguments.quiet, poll=arguments.poll)
    except InputError as error:
        problems += [f"--{problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)
    return settings


def store_problems(arguments: argparse.Namespace) -> list[str]:
    """What is wrong with --store."""
    from vf_nnunet.archive.dicomweb import open_dicomweb

    problems = [] if arguments.dicom else ["--store: only with --dicom, which makes what is stored"]
    try:
        open_dicomweb(arguments.store)
    except InputError as error:
        problems += error.problems
    return problems

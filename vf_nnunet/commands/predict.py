"""Detect fractures in a CT or a folder of CTs: probability maps, findings and vertebrae of each case."""

import argparse
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.archive_options import add_study, ct_source, find_input, study_problems
from vf_nnunet.commands.cluster_options import add_cluster
from vf_nnunet.commands.dicom_options import add_dicom_selection
from vf_nnunet.commands.dicom_result_options import add_dicom, dicom_addition
from vf_nnunet.commands.options import add_output, open_chosen_model, output_problems, separate_output_problems
from vf_nnunet.commands.prediction_options import add_prediction, prediction_problems, screening_settings
from vf_nnunet.commands.shard_options import add_shards, is_sharded
from vf_nnunet.commands.vertebra_options import (
    add_operating_point,
    add_results,
    add_vertebrae,
    cases_to_do,
    vertebra_option_problems,
)
from vf_nnunet.commands.worklist_options import add_no_worklist, page_of_batch, worklist_problems

EXAMPLE = "vf_nnunet predict -i ct.nii.gz -o predictions -m ensemble.vf --overlay"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "-i",
        dest="input",
        type=ct_source,
        required=True,
        metavar="CT",
        help="CT (NIfTI, NRRD, MHA), folder of DICOM slices, export or CD (also zipped), folder with several of these, "
        "dicomweb:URL of an archive, or a manifest of CTs (.csv or .parquet with the columns case and path)",
    )
    add_study(parser)
    add_dicom_selection(parser)
    add_output(
        parser, "folder for index.html, <case>_fracture.nii.gz, <case>_normal.nii.gz, <case>.json, vertebrae.csv"
    )
    add_prediction(parser)
    add_results(parser)
    add_dicom(parser)
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
    from vf_nnunet.screening.batch import PredictionProcedure, screen_cases, with_lacking
    from vf_nnunet.screening.passed_over import record_passed_over, show_passed_over
    from vf_nnunet.sharding.layout import is_batch

    check_options(arguments)
    if is_batch(arguments.output):
        raise InputError(f"-o {arguments.output}: a batch in shards; expected --shard-size, or another folder")
    model = open_chosen_model(arguments.model, arguments.folds)
    found, without_ct = find_input(arguments)
    maps = {case: map_paths(arguments.output, case)[FRACTURE_NAME] for case in found.paths}
    dicom = dicom_addition(arguments, maps, found.paths)
    settings = screening_settings(arguments, model, found.paths)
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
    problems = [reason for reasons in (*without_ct.values(), *failures.values()) for reason in reasons]
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
    problems += prediction_problems(arguments)
    problems += study_problems(arguments)
    if isinstance(arguments.input, Path):
        problems += separate_output_problems(arguments.output, arguments.input)
    else:
        problems += output_problems(arguments.output)
    problems += worklist_problems(arguments)
    if problems:
        raise InputError(problems)

"""Train the three configurations on one split and compare them, as in the paper's Table 1 and Figure 3."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vf_nnunet.commands.cluster_options import add_cluster, cluster_settings
from vf_nnunet.commands.options import add_dataset, add_device, add_fracture_grade, chosen_device
from vf_nnunet.nnunet.names import CONFIGURATIONS

if TYPE_CHECKING:
    from vf_nnunet.cluster.settings import ClusterSettings
    from vf_nnunet.selection.workspace import Workspace

EXAMPLE = "vf_nnunet select-model -d 701"
DEFAULT_FOLDER = "model_selection"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        default=None,
        metavar="DIR",
        help=f"folder for the models, the table and the picture (default: nnUNet_results/<dataset>/{DEFAULT_FOLDER})",
    )
    parser.add_argument(
        "--case", default=None, metavar="CASE", help="held-out case to draw (default: the one with the most fractures)"
    )
    add_fracture_grade(parser)
    add_device(parser)
    add_cluster(parser)


def run(arguments: argparse.Namespace) -> None:
    """Train the configurations that are not trained yet, then compare all."""
    from dataset_conversion.spine.vertebra_table import TABLE_FILE, read_vertebra_table
    from vf_nnunet.nnunet.folds import planned_dataset
    from vf_nnunet.nnunet.paths import nnunet_folder
    from vf_nnunet.selection.compare import choose_case, draw_case, read_results
    from vf_nnunet.selection.split import selection_split
    from vf_nnunet.selection.table import NAME, write_tables
    from vf_nnunet.selection.workspace import prepare_workspace

    settings = cluster_settings(arguments)
    preprocessed = planned_dataset(arguments.dataset_id)
    device = chosen_device(arguments.device)
    output: Path = arguments.output or nnunet_folder("nnUNet_results") / preprocessed.name / DEFAULT_FOLDER
    annotations = nnunet_folder("nnUNet_raw") / preprocessed.name / TABLE_FILE
    vertebrae = read_vertebra_table(annotations)
    split, inner = selection_split(vertebrae, arguments.fracture_grade)
    case = choose_case(vertebrae, split["val"], arguments.case, arguments.fracture_grade)
    workspace = prepare_workspace(output.absolute(), preprocessed, split, inner)
    for configuration in CONFIGURATIONS:
        _check_record(workspace, configuration)
    if settings is None:
        for configuration in CONFIGURATIONS:
            _train(workspace, arguments.dataset_id, configuration, device)
    else:
        _train_by_jobs(workspace, arguments, settings)
    results = read_results(workspace, annotations, output, arguments.fracture_grade)
    draw_case(workspace, case, output / f"{NAME}.png")
    sys.stdout.write(write_tables(output, results, len(split["train"]), len(split["val"])))
    sys.stdout.write(f"table and picture: {output / NAME}.json, .csv, .md, .png\n")


def _check_record(workspace: "Workspace", configuration: str) -> None:
    from vf_nnunet.nnunet.fold_record import check_recorded
    from vf_nnunet.nnunet.folds import is_trained

    folder = workspace.fold(configuration)
    check_recorded(folder, workspace.preprocessed, configuration, 0, is_trained(folder))


def _train(workspace: "Workspace", dataset_id: int, configuration: str, device: str) -> None:
    from vf_nnunet.nnunet.folds import is_finished
    from vf_nnunet.nnunet.train_command import fold_arguments, run_nnunet, training_command

    folder = workspace.fold(configuration)
    if is_finished(folder):
        sys.stdout.write(f"{configuration} is finished: {folder}\n")
        return
    run_nnunet(training_command(fold_arguments(dataset_id, configuration, 0), device, folder), workspace.variables)


def _train_by_jobs(workspace: "Workspace", arguments: argparse.Namespace, settings: "ClusterSettings") -> None:
    """Train each configuration in a job, with nnU-Net's folders of the comparison."""
    from vf_nnunet.fold_jobs.follow import train_by_jobs
    from vf_nnunet.fold_jobs.record import FOLDER
    from vf_nnunet.fold_jobs.stand import Goal
    from vf_nnunet.fold_jobs.submission import Training
    from vf_nnunet.fold_jobs.train_arguments import planned_epochs, train_arguments

    options = ["-device", arguments.device] if arguments.device else []
    commands = {
        workspace.fold(configuration): train_arguments(arguments.dataset_id, configuration, 0, options)
        for configuration in CONFIGURATIONS
    }
    goals = dict.fromkeys(commands, Goal(planned_epochs(workspace.preprocessed)))
    place = workspace.model(CONFIGURATIONS[0]).parent / FOLDER
    train_by_jobs(Training(place, goals, commands, workspace.variables), settings)

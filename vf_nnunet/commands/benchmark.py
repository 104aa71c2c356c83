"""Train, score and time this model, default nnU-Net and its presets on the same dataset and machine."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.cluster_options import add_cluster, cluster_settings
from vf_nnunet.commands.options import (
    add_configuration,
    add_dataset,
    add_device,
    add_fracture_grade,
    add_output,
    add_processes,
    check_configuration,
    chosen_device,
    output_problems,
)

if TYPE_CHECKING:
    from vf_nnunet.benchmark.accuracy import Record
    from vf_nnunet.benchmark.arms import Arm

RESIDUAL_ENCODERS = ("M", "L", "XL")
"""The sizes of `vf_nnunet.benchmark.default_nnunet`, repeated here because importing nnU-Net would slow down --help."""
EXAMPLE = "vf_nnunet benchmark -d 701 --masks phantoms/masks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_configuration(parser)
    parser.add_argument(
        "-f",
        dest="folds",
        type=int,
        nargs="+",
        default=None,
        metavar="K",
        help="folds to train and score (default: all)",
    )
    parser.add_argument(
        "-i",
        dest="ct",
        type=Path,
        default=None,
        metavar="CT",
        help="CT whose prediction is timed (default: one from the dataset)",
    )
    parser.add_argument(
        "--masks",
        type=Path,
        default=None,
        metavar="DIR",
        help="vertebra masks, which add a rule on vertebral heights as an arm",
    )
    parser.add_argument(
        "--epochs", type=int, default=None, metavar="N", help="epochs of this model (default: from its plans)"
    )
    parser.add_argument(
        "--iterations",
        type=int,
        default=None,
        metavar="N",
        help="batches per epoch of this model (default: from its plans)",
    )
    parser.add_argument(
        "--default-epochs", type=int, default=None, metavar="N", help="epochs of nnU-Net's arms (default: 1000)"
    )
    parser.add_argument(
        "--default-iterations",
        type=int,
        default=None,
        metavar="N",
        help="batches per epoch of nnU-Net's arms (default: 250)",
    )
    parser.add_argument(
        "--default-gpu-memory",
        type=float,
        default=None,
        metavar="GB",
        help="GPU memory for which default nnU-Net and its presets are planned (default: 8; that of each preset)",
    )
    parser.add_argument(
        "--resenc",
        nargs="*",
        choices=RESIDUAL_ENCODERS,
        default=["M"],
        help="nnU-Net's presets with residual encoders that are arms too (default: M; none if empty)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="only measure speed, on a few batches and windows, and extrapolate"
    )
    parser.add_argument(
        "--patches",
        type=int,
        default=2,
        metavar="N",
        help="number of batches and of windows that --quick measures (default: 2)",
    )
    add_fracture_grade(parser)
    add_output(parser, "folder for benchmark.json, .csv, .md, .png and .svg, and the logs", Path("benchmark"))
    add_processes(parser)
    add_device(parser)
    add_cluster(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measure, print the table, and write it."""
    from vf_nnunet.benchmark.dataset import image_of, outer_cases
    from vf_nnunet.nnunet.folds import planned_folds

    check_configuration(arguments.configuration)
    if cluster_settings(arguments) is not None and arguments.quick:
        raise InputError("--quick: trains nothing that --cluster could run; leave one of them out")
    folds = planned_folds(arguments.dataset_id, arguments.folds)
    _check(arguments, folds)
    arguments.device = chosen_device(arguments.device)
    ct = arguments.ct or image_of(arguments.dataset_id, outer_cases(arguments.dataset_id, folds)[0])
    arms = _arms(arguments)
    if arguments.quick:
        _run_quick(arguments, *arms, folds, ct)
    else:
        _run_full(arguments, *arms, folds, ct)


def _check(arguments: argparse.Namespace, folds: list[int]) -> None:
    """Raise all problems with the arguments before anything is planned or trained."""
    from evaluation.vertebra.masks import find_masks
    from vf_nnunet.benchmark.dataset import annotations_of, scored_cases

    table, memory = annotations_of(arguments.dataset_id), arguments.default_gpu_memory
    checks = {
        f"{table}: missing; expected the dataset's vertebra table": table.is_file(),
        f"--masks {arguments.masks}: no such folder": arguments.masks is None or arguments.masks.is_dir(),
        f"--patches {arguments.patches}: expected 1 or more": arguments.patches >= 1,
        f"--default-gpu-memory {memory or 0:g}: expected more than 0": memory is None or memory > 0,
    }
    problems = [problem for problem, passed in checks.items() if not passed]
    problems += output_problems(arguments.output)
    problems += [] if arguments.ct is None else _image_problems(arguments.ct)
    if problems:
        raise InputError(problems)
    if arguments.masks is not None:
        find_masks(arguments.masks, scored_cases(arguments.dataset_id, folds))


def _image_problems(ct: Path) -> list[str]:
    """Why a CT cannot be read, which would otherwise be found only after both trainings."""
    from dataset_conversion.images.ct import read_ct

    try:
        read_ct(ct)
    except InputError as error:
        return [f"-i {problem}" for problem in error.problems]
    return []


def _arms(arguments: argparse.Namespace) -> "tuple[Arm, dict[str, Arm]]":
    """This model, and nnU-Net's arms by column of the table."""
    from vf_nnunet.benchmark.arms import own_arm
    from vf_nnunet.benchmark.default_nnunet import (
        RESIDUAL_ENCODERS,
        STANDARD,
        default_arm,
        plan_default,
        preparation_log,
    )
    from vf_nnunet.benchmark.length import NNUNET_LENGTH, Length

    epochs, iterations = arguments.default_epochs, arguments.default_iterations
    length = Length(
        NNUNET_LENGTH.epochs if epochs is None else epochs,
        NNUNET_LENGTH.iterations if iterations is None else iterations,
    )
    own = own_arm(arguments.dataset_id, arguments.configuration, arguments.epochs, arguments.iterations)
    others = {}
    for preset in (STANDARD, *(RESIDUAL_ENCODERS[size] for size in arguments.resenc)):
        plans = plan_default(
            arguments.dataset_id, preset, arguments.default_gpu_memory, preparation_log(arguments.output)
        )
        others[preset.column] = default_arm(arguments.dataset_id, plans, length)
    return own, others


def _run_quick(arguments: argparse.Namespace, own: "Arm", others: "dict[str, Arm]", folds: list[int], ct: Path) -> None:
    import torch

    from vf_nnunet.benchmark.quick import run_quick

    records, notes = run_quick(own, others, folds[0], ct, arguments.patches, torch.device(arguments.device))
    _write(arguments.output, records, notes)


def _run_full(arguments: argparse.Namespace, own: "Arm", others: "dict[str, Arm]", folds: list[int], ct: Path) -> None:
    from evaluation.settings import EvaluationSettings
    from vf_nnunet.benchmark.dataset import annotations_of
    from vf_nnunet.benchmark.figure import save_benchmark_figure
    from vf_nnunet.benchmark.full import BenchmarkInputs, run_full

    inputs = BenchmarkInputs(
        folds=folds,
        annotations=annotations_of(arguments.dataset_id),
        masks=arguments.masks,
        ct=ct,
        device=arguments.device,
        processes=arguments.processes,
        output=arguments.output,
        cluster=cluster_settings(arguments),
    )
    settings = EvaluationSettings(fracture_grade=arguments.fracture_grade, allow_unpaired=arguments.folds is not None)
    records, notes = run_full(own, others, inputs, settings)
    _write(arguments.output, records, notes)
    save_benchmark_figure(records, arguments.output)


def _write(output: Path, records: "dict[str, Record]", notes: list[str]) -> None:
    from vf_nnunet.benchmark.cost.machine import describe_machine
    from vf_nnunet.benchmark.ratios import RATIO_NOTE
    from vf_nnunet.benchmark.table import as_markdown, write_table

    notes = [describe_machine(), *notes, RATIO_NOTE]
    write_table(output, records, notes)
    sys.stdout.write(as_markdown(records, notes))

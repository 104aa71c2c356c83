"""this model and default nnU-Net side by side: both trained, scored and timed on the same dataset and machine"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import (
    add_configuration,
    add_dataset,
    add_device,
    add_fracture_grade,
    add_output,
    add_processes,
    check_configuration,
    chosen_device,
    output_findings,
)

if TYPE_CHECKING:
    from vf_nnunet.benchmark.accuracy import Record
    from vf_nnunet.benchmark.arms import Arm

EXAMPLE = "vf_nnunet benchmark -d 701 --masks phantoms/masks"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_configuration(parser)
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=None, metavar="K", help="folds (default: all)")
    parser.add_argument(
        "-i", dest="ct", type=Path, default=None, metavar="CT", help="CT to time (default: one of the dataset)"
    )
    parser.add_argument(
        "--masks", type=Path, default=None, metavar="DIR", help="vertebra masks, for a third arm: the rule on heights"
    )
    parser.add_argument("--epochs", type=int, default=None, metavar="N", help="this model's (default: its plans')")
    parser.add_argument(
        "--iterations", type=int, default=None, metavar="N", help="its batches an epoch (default: its plans')"
    )
    parser.add_argument(
        "--default-epochs", type=int, default=None, metavar="N", help="default nnU-Net's (default: 1000)"
    )
    parser.add_argument(
        "--default-iterations", type=int, default=None, metavar="N", help="its batches an epoch (default: 250)"
    )
    parser.add_argument(
        "--default-gpu-memory", type=float, default=8.0, metavar="GB", help="memory it is planned for (default: 8)"
    )
    parser.add_argument("--quick", action="store_true", help="speed only, measured on a few patches and extrapolated")
    parser.add_argument(
        "--patches", type=int, default=2, metavar="N", help="patches that --quick measures (default: 2)"
    )
    add_fracture_grade(parser)
    add_output(parser, "folder for benchmark.json, .csv, .md, .png and .svg, and the logs", Path("benchmark"))
    add_processes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measure, print the table, and write it."""
    from vf_nnunet.benchmark.dataset import image_of, outer_cases
    from vf_nnunet.nnunet.folds import planned_folds

    check_configuration(arguments.configuration)
    folds = planned_folds(arguments.dataset_id, arguments.folds)
    _check(arguments, folds)
    arguments.device = chosen_device(arguments.device)
    ct = arguments.ct or image_of(arguments.dataset_id, outer_cases(arguments.dataset_id, folds)[0])
    own, default = _arms(arguments)
    measure = _quick if arguments.quick else _full
    records, notes = measure(arguments, own, default, folds, ct)

    from vf_nnunet.benchmark.figure import save_benchmark_figure
    from vf_nnunet.benchmark.table import as_markdown, write_table

    arguments.output.mkdir(parents=True, exist_ok=True)
    write_table(arguments.output, records, notes)
    if not arguments.quick:
        save_benchmark_figure(records, arguments.output)
    sys.stdout.write(as_markdown(records, notes))


def _check(arguments: argparse.Namespace, folds: list[int]) -> None:
    """Raise what is wrong with the arguments, all at once, before anything is planned or trained."""
    from evaluation.vertebra.masks import find_masks
    from vf_nnunet.benchmark.dataset import annotations_of, scored_cases

    table, memory = annotations_of(arguments.dataset_id), arguments.default_gpu_memory
    checks = {
        f"{table}: missing; wanted the dataset's vertebra table": table.is_file(),
        f"--masks {arguments.masks}: no such folder": arguments.masks is None or arguments.masks.is_dir(),
        f"--patches {arguments.patches}: expected 1 or more": arguments.patches >= 1,
        f"--default-gpu-memory {memory:g}: expected more than 0": memory > 0,
    }
    findings = [finding for finding, passed in checks.items() if not passed]
    findings += output_findings(arguments.output)
    findings += [] if arguments.ct is None else _faults(arguments.ct)
    if findings:
        raise InputError(findings)
    if arguments.masks is not None:
        find_masks(arguments.masks, scored_cases(arguments.dataset_id, folds))


def _faults(ct: Path) -> list[str]:
    """What keeps the CT from being read, and would be found only after both trainings."""
    from dataset_conversion.images.volume import read_volume

    try:
        read_volume(ct)
    except InputError as error:
        return [f"-i {finding}" for finding in error.problems]
    return []


def _arms(arguments: argparse.Namespace) -> "tuple[Arm, Arm]":
    from vf_nnunet.benchmark.default_nnunet import default_arm, plan_default
    from vf_nnunet.benchmark.length import NNUNET_LENGTH, Length
    from vf_nnunet.benchmark.own_model import own_arm

    length = Length(
        _given(arguments.default_epochs, NNUNET_LENGTH.epochs),
        _given(arguments.default_iterations, NNUNET_LENGTH.iterations),
    )
    own = own_arm(arguments.dataset_id, arguments.configuration, arguments.epochs, arguments.iterations)
    plans = plan_default(arguments.dataset_id, arguments.default_gpu_memory, _preparation_log(arguments))
    return own, default_arm(arguments.dataset_id, plans, length)


def _given(requested: int | None, default: int) -> int:
    return default if requested is None else requested


def _quick(
    arguments: argparse.Namespace, own: "Arm", default: "Arm", folds: list[int], ct: Path
) -> "tuple[dict[str, Record], list[str]]":
    import torch

    from vf_nnunet.benchmark.arms import DEFAULT, OWN
    from vf_nnunet.benchmark.full import QUICK_NOTE
    from vf_nnunet.benchmark.quick import quick_default, quick_own

    measured = (folds[0], ct, arguments.patches, torch.device(arguments.device))
    return {OWN: quick_own(own, *measured), DEFAULT: quick_default(default, *measured)}, [QUICK_NOTE]


def _full(
    arguments: argparse.Namespace, own: "Arm", default: "Arm", folds: list[int], ct: Path
) -> "tuple[dict[str, Record], list[str]]":
    from evaluation.settings import EvaluationSettings
    from vf_nnunet.benchmark.dataset import annotations_of
    from vf_nnunet.benchmark.default_nnunet import preprocess_default
    from vf_nnunet.benchmark.full import Inputs, notes_on, run_full

    preprocess_default(default, arguments.processes, _preparation_log(arguments))
    settings = EvaluationSettings(fracture_grade=arguments.fracture_grade, allow_unpaired=arguments.folds is not None)
    inputs = Inputs(
        folds, annotations_of(arguments.dataset_id), arguments.masks, ct, arguments.device, arguments.output
    )
    records = run_full(own, default, inputs, settings)
    return records, notes_on(own, default, records)


def _preparation_log(arguments: argparse.Namespace) -> Path:
    log: Path = arguments.output / "logs" / "preparation.log"
    return log

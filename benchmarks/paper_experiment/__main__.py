"""Repeat the experiment of Nicolaes et al. 2019 on phantoms: five folds on the paper's cohort, and its tables.

python -m benchmarks.paper_experiment -o EXPERIMENT                        # 35 epochs of 250 batches
python -m benchmarks.paper_experiment -o EXPERIMENT --iterations 60 --hours 2
python -m benchmarks.paper_experiment -o EXPERIMENT --iterations 60 --steps train evaluate tables -f 0 1
python -m benchmarks.paper_experiment -o TINY --cases 10 --epochs 1 --iterations 2 -f 0    # shows that it works

It runs the commands of vf_nnunet one after another: phantom, convert, plan, train (each fold), evaluate and, if asked
for, select-model. What is finished is not done again, and an interrupted training continues with its last epoch, so the
same line goes on where it stopped. Named steps are done again. --hours ends a piece after that time; so do Ctrl-C and
SIGTERM. EXPERIMENT/tables.md has the tables and figures, also before everything is done. --page puts them between the
marks in docs/paper_experiment.md, and the figures beside it.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.paper_experiment.experiment import STEPS, Experiment, Options, OutOfTime
from benchmarks.paper_experiment.page import write_page
from benchmarks.paper_experiment.tables import experiment_tables
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_text
from vf_nnunet.nnunet.names import Normalisation
from vf_nnunet.planning.plan_dataset import FOLDS

TABLES = "tables.md"
OPTIONAL = "select-model"
"""The step that only runs when it is named."""


def build_parser() -> argparse.ArgumentParser:
    """The options; those of `Options` identify an experiment and must be given again when it continues."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.paper_experiment",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-o", dest="output", type=Path, required=True, help="folder for everything")
    parser.add_argument("--epochs", type=int, default=35, help="epochs at most (default: 35)")
    parser.add_argument("--iterations", type=int, default=250, help="batches per epoch (default: 250)")
    parser.add_argument("--seed", type=int, default=2019, help="seed of the training (default: 2019)")
    parser.add_argument("--cohort-seed", type=int, default=1, help="seed of the phantoms (default: 1)")
    parser.add_argument("--normalisation", choices=[*map(str, Normalisation)], default="window")
    parser.add_argument(
        "--training", nargs="*", default=[], metavar="NAME=VALUE", help='other settings under "training" in the plans'
    )
    parser.add_argument("--cases", type=int, help="this many small crops instead of the paper's cohort, to try it")
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=[*range(FOLDS)], help="folds (default: all)")
    parser.add_argument("--steps", nargs="+", choices=[*STEPS, "tables"], default=[], help="only these steps")
    parser.add_argument("--hours", type=float, help="stop after this time; the same line continues")
    parser.add_argument("--page", type=Path, help="docs/paper_experiment.md, to put the tables into it")
    parser.add_argument("-np", dest="processes", type=int, default=2)
    parser.add_argument("-device", default="cpu")
    return parser


def main() -> None:
    """Run the steps and write the tables."""
    arguments = build_parser().parse_args()
    identity = {name: getattr(arguments, name) for name in Options.__dataclass_fields__ if name != "training"}
    try:
        options = Options(**identity, training=Options.read_training(arguments.training))
        experiment = Experiment(arguments.output.absolute(), options, arguments.processes, arguments.device)
        run_steps(experiment, arguments)
        tables = experiment_tables(experiment)
        write_text(experiment.output / TABLES, tables)
        if arguments.page:
            write_page(experiment, tables, arguments.page)
    except InputError as error:
        raise SystemExit(str(error)) from error
    sys.stdout.write(f"{tables}\n{experiment.output / TABLES}\n")


def run_steps(experiment: Experiment, arguments: argparse.Namespace) -> None:
    """Run the named steps, or those that are not finished."""
    steps = [step for step in STEPS if step in arguments.steps or not (arguments.steps or step == OPTIONAL)]
    try:
        for step in steps:
            experiment.run(step, arguments.folds, again=step in arguments.steps, hours=arguments.hours)
    except OutOfTime:
        sys.stderr.write(f"stopped after {arguments.hours:g} hours; the same line continues\n")


if __name__ == "__main__":
    main()

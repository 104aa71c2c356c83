"""Run the whole pipeline on a small phantom cohort, up to report.html; an interrupted demo continues."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vf_nnunet.commands.options import add_device, add_output, add_processes, chosen_device

if TYPE_CHECKING:
    from vf_nnunet.phantom_model.run import PhantomRun

EXAMPLE = "vf_nnunet demo -o demo"

DATASET_ID = 701
DATASET_NAME = "Phantoms"
SHORT_TRAINING: dict[str, Any] = {
    "learning_rate": 4e-3,
    "schedule": "poly",
    "final_model": "last",
    "dropout": 0.0,
    "validation_iterations": 4,
}
"""Settings for a training of minutes; the paper's takes hours."""
NOTE = "Synthetic phantoms: these numbers test the software and say nothing about patients."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_output(parser, "folder for all files", Path("demo"))
    parser.add_argument("--cases", type=int, default=40, metavar="N", help="number of phantoms (default: 40)")
    parser.add_argument("--epochs", type=int, default=10, metavar="N", help="training epochs per fold (default: 10)")
    parser.add_argument("--iterations", type=int, default=28, metavar="N", help="batches per epoch (default: 28)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the cohort (default: 1)")
    add_processes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    """Run each step; steps that are finished already are skipped."""
    from vf_nnunet.phantom_model.run import run_steps

    demo = _phantom_run(arguments)
    result: list[str] = []
    seconds = run_steps({**demo.steps, "evaluation and report": lambda: result.append(evaluate(demo))})
    sys.stdout.write(f"demo finished after {seconds / 60:.1f} min. {NOTE}\n{result[0]}")


def _phantom_run(arguments: argparse.Namespace) -> "PhantomRun":
    """The demo in its folder."""
    from dataset_conversion.phantom import SPINE
    from vf_nnunet.phantom_model.run import PhantomRun, RunSettings
    from vf_nnunet.training.settings import TrainingSettings

    described = {name: getattr(arguments, name) for name in ("cases", "epochs", "iterations", "seed")}
    training = TrainingSettings(epochs=arguments.epochs, iterations_per_epoch=arguments.iterations, **SHORT_TRAINING)
    settings = RunSettings(
        "demo", described, SPINE, arguments.cases, arguments.seed, training, DATASET_ID, DATASET_NAME
    )
    return PhantomRun(arguments.output, settings, arguments.processes, chosen_device(arguments.device))


def evaluate(demo: "PhantomRun") -> str:
    """Evaluate the out-of-fold maps and write the report.

    Args:
        demo: Trained.

    Returns:
        The main numbers as text.
    """
    from dataset_conversion.dataset.files import IMAGE_FOLDER, LABEL_FOLDER
    from evaluation.cohort.sources import find_maps_in_model
    from evaluation.evaluate import evaluate as evaluate_maps
    from evaluation.settings import EvaluationSettings
    from vf_nnunet.commands.evaluate import describe_summary
    from vf_nnunet.nnunet.paths import dataset_folder

    raw = dataset_folder("nnUNet_raw", DATASET_ID)
    summary = evaluate_maps(
        find_maps_in_model(demo.model),
        demo.cohort / "vertebrae.csv",
        demo.output / "evaluation",
        EvaluationSettings(note=NOTE),
        images=raw / IMAGE_FOLDER,
        labels=raw / LABEL_FOLDER,
    )
    return describe_summary(summary, demo.output / "evaluation")

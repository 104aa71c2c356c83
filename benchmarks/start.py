"""Measure how many cases a start from a trained model saves: n cases with and without it, the same batches.

python benchmarks/start.py -o OUTPUT [--from MODEL] [--sizes 5 10 20] [--held-out 16] [--epochs 5] [--iterations 25]

The phantoms are those of the demo, crops of five or six vertebrae; the model that comes with the package (`phantom`,
the default) was trained on phantoms of another kind. One pool of phantoms is split once: the first n train, the last
ones are held out and scored by every network. A training of n cases sets some of them aside for its inner validation.
Both trainings of a size have the same cases, batches and seed, and begin with MODEL's weights or with random ones. The
row of 0 cases is MODEL itself. The difference is paired over patients. An interrupted run continues. OUTPUT/start.json
has the figures.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.phantom import SPINE
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.vertebra_table import TABLE_FILE, read_vertebra_table
from evaluation.analysis.scoring import score_and_detect
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.sources import find_maps_in_folder
from evaluation.settings import EvaluationSettings
from evaluation.statistics.comparison import AucDifference, compare_vertebrae
from evaluation.statistics.scores import VertebraScores
from vf_nnunet.commands.demo import SHORT_TRAINING
from vf_nnunet.model.default_model import PHANTOM, model_path
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PROBABILITY_MAPS, model_folder_name
from vf_nnunet.nnunet.splits import INNER_SPLITS_FILE, SPLITS_FILE
from vf_nnunet.phantom_model.run import PhantomRun, RunSettings
from vf_nnunet.training.settings import TrainingSettings

DATASET_ID, DATASET_NAME = 703, "Start"
WITH, WITHOUT = "with", "without"


def main() -> None:
    """Train, score and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="start", default=PHANTOM)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--held-out", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=25)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("-device", default="cpu")
    parser.add_argument("-o", dest="output", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        rows = measure(arguments)
    except InputError as error:
        sys.exit(f"benchmarks/start.py: {error}")
    write_json(arguments.output / "start.json", rows)
    sys.stdout.write("\n".join(table(rows)) + "\n")


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for MODEL itself, and one for each number of cases."""
    model = model_path(arguments.start).absolute()
    run = prepared(arguments)
    for name, options in ((WITHOUT, []), (WITH, ["--from", str(model)])):
        command = ["train", "-d", str(DATASET_ID), "-device", arguments.device, *options]
        vf_nnunet(command, {"nnUNet_results": str(run.output / name)})
    held = held_out_images(run, arguments.held_out)
    predictions = run.output / "model_itself"
    vf_nnunet(["predict", "-i", str(held), "-o", str(predictions), "-m", str(model), "--continue"], {})
    own = scores(predictions, run.cohort)
    rows = [{"cases": 0, WITH: compare_vertebrae(own, own).first}]
    for fold, size in enumerate(sorted(arguments.sizes)):
        with_start, without = (scores(maps_of(run.output / name, fold), run.cohort) for name in (WITH, WITHOUT))
        rows.append({"cases": size, **described(compare_vertebrae(with_start, without))})
    return rows


def prepared(arguments: argparse.Namespace) -> PhantomRun:
    """The phantoms, converted and planned, with one fold for each number of cases."""
    names = ("sizes", "held_out", "epochs", "iterations", "seed")
    cases = max(arguments.sizes) + arguments.held_out
    training = TrainingSettings(epochs=arguments.epochs, iterations_per_epoch=arguments.iterations, **SHORT_TRAINING)
    settings = RunSettings(
        title="benchmark",
        described={name: getattr(arguments, name) for name in names},
        phantoms=SPINE,
        cases=cases,
        seed=arguments.seed,
        training=training,
        dataset_id=DATASET_ID,
        dataset_name=DATASET_NAME,
    )
    run = PhantomRun(arguments.output, settings, arguments.processes, arguments.device)
    run.make_phantoms()
    run.convert()
    (raw,) = (run.output / "nnUNet_raw").glob(f"Dataset{DATASET_ID}_*")
    write_json(raw / SPLITS_FILE, splits(case_ids(run.cohort), sorted(arguments.sizes), arguments.held_out))
    # The converter's inner validation is that of its own folds.
    (raw / INNER_SPLITS_FILE).unlink(missing_ok=True)
    run.plan()
    return run


def case_ids(cohort: Path) -> list[str]:
    """The phantoms in order."""
    return sorted({row.case_id for row in read_vertebra_table(cohort / TABLE_FILE)})


def splits(cases: Sequence[str], sizes: Sequence[int], held_out: int) -> list[dict[str, list[str]]]:
    """A fold for each size: the first cases train, the last ones are predicted."""
    return [{"train": list(cases[:size]), "val": list(cases[-held_out:])} for size in sizes]


def held_out_images(run: PhantomRun, held_out: int) -> Path:
    """A folder with links to the CTs that no network has seen."""
    folder = run.output / "held_out"
    folder.mkdir(exist_ok=True)
    for case in case_ids(run.cohort)[-held_out:]:
        link = folder / f"{case}.nii.gz"
        if not link.is_symlink():
            link.symlink_to(run.cohort / "images" / link.name)
    return folder


def vf_nnunet(arguments: Sequence[str], variables: Mapping[str, str]) -> None:
    """Run a subcommand, which continues what is there."""
    for folder in variables.values():
        Path(folder).mkdir(exist_ok=True)
    environment = {**os.environ, **variables}
    subprocess.run([sys.executable, "-m", "vf_nnunet", *arguments], env=environment, check=True)


def maps_of(results: Path, fold: int) -> Path:
    """The maps of the held-out cases."""
    (dataset,) = results.glob(f"Dataset{DATASET_ID}_*")
    return dataset / model_folder_name(DEFAULT_CONFIGURATION) / f"fold_{fold}" / "validation" / PROBABILITY_MAPS


def scores(maps: Path, cohort: Path) -> VertebraScores:
    """The scores of the vertebrae of the held-out cases."""
    annotations, settings = cohort / TABLE_FILE, EvaluationSettings(allow_unpaired=True)
    found = assemble_cohort(find_maps_in_folder(maps), annotations, settings)
    return score_and_detect(found, annotations, settings, locate=False).scores.vertebrae


def described(found: AucDifference) -> dict[str, Any]:
    """Both AUCs and their difference."""
    return {WITH: found.first, WITHOUT: found.second, "difference": found.difference, "ci95": found.ci95}


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows as Markdown, and how many cases without the start reach the AUC of each number with it."""
    lines = [
        "| cases | AUC with the start | without | difference (95% interval) | as good without the start |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        reached = [other["cases"] for other in rows if other.get(WITHOUT, -1) >= row[WITH]]
        as_good = f"{min(reached)} cases" if reached else "none of these"
        lines.append(f"| {row['cases']} | {row[WITH]:.3f} | {_without(row)} | {as_good} |")
    return lines


def _without(row: Mapping[str, Any]) -> str:
    if WITHOUT not in row:
        return "- | -"
    interval = "" if row["ci95"] is None else " ({:+.3f} to {:+.3f})".format(*row["ci95"])
    return f"{row[WITHOUT]:.3f} | {row['difference']:+.3f}{interval}"


if __name__ == "__main__":
    main()

"""The tables of the experiment: the paper's numbers beside those of the phantoms, and how they came about."""

import json
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.paper_experiment.experiment import SECONDS_PER_HOUR, Experiment
from benchmarks.paper_experiment.training_log import TrainedFold, trained_folds
from evaluation.report.published import PATIENT_AUC, PATIENT_POINTS, VERTEBRA_AUC
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION
from vf_nnunet.selection.table import NAME as SELECTION

MISSING = "-"
GRADES = {"1": "mild", "2": "moderate", "3": "severe"}
COUNTS = {"share_of_vertebrae_t11_to_s2": "share of vertebrae from T11 to S2"}
"""Names of numbers where they are not those of `cohort.json`."""
DEEPMEDIC_SEGMENTS = 700_000
"""Segments in DeepMedic's 35 epochs."""
Row = Sequence[str]


def experiment_tables(experiment: Experiment) -> str:
    """All tables, as far as the experiment has come."""
    cohort = _read(experiment.cohort / "cohort.json")
    summary = _read(experiment.evaluation / "summary.json")
    sections = {
        "Results": result_rows(summary, cohort.get("ceiling_of_true_heights", {})),
        "Cohort": cohort_rows(cohort.get("counts", {})),
        "Regime": regime_rows(experiment),
        "Folds": fold_rows(trained_folds(experiment)),
        "Time": time_rows(experiment.state["seconds"]),
    }
    parts = [f"### {title}\n\n{_table(rows)}" for title, rows in sections.items() if len(rows) > 1]
    selection = experiment.selection / f"{SELECTION}.md"
    if selection.is_file():
        parts.append(f"### Table 1\n\n{selection.read_text(encoding='utf-8').rstrip()}\n")
    return "\n".join([*parts, _commands(experiment)])


def result_rows(summary: dict[str, Any], ceiling: dict[str, Any]) -> list[Row]:
    """AUCs and operating points of the paper, of the phantoms and of a reader of all true heights."""
    patient, vertebra = summary.get("patient", {}), summary.get("vertebra", {})
    who = f"{patient['n']} phantoms, {patient['positives']} with a fracture" if patient else "not run yet"
    paper = PATIENT_POINTS[0]
    grades = vertebra.get("by_grade", {})
    return [
        ["", "paper, 90 patients", f"here, {who}", "mean ± SD of the bootstrap", "95% interval", "true heights"],
        ["patient AUC, hull (the paper's; optimistic)", PATIENT_AUC, *_auc(patient, "auc_hull", ceiling, "patient")],
        ["patient AUC, nested", MISSING, *_auc(patient, "auc_nested", {}, "")],
        ["patient AUC, noise threshold fixed in advance", MISSING, *_auc(patient, "auc_fixed", {}, "")],
        ["vertebra AUC", VERTEBRA_AUC, *_auc(vertebra, "auc", ceiling, "vertebra")],
        *(
            _grade_row(name, grades.get(grade, {}).get("auc"), ceiling.get(f"vertebra_auc_{name}"))
            for grade, name in GRADES.items()
        ),
        _point_row("chosen on the same patients", summary, "operating_points", paper.sensitivity, paper.specificity),
        _point_row("chosen on the other folds", summary, "operating_points_nested"),
    ]


def _auc(level: dict[str, Any], name: str, ceiling: dict[str, Any], unit: str) -> list[str]:
    bootstrap = level.get(f"{name}_bootstrap") or {}
    mean, deviation = bootstrap.get("mean"), bootstrap.get("sd")
    spread = MISSING if mean is None else f"{mean:.3f} ± {deviation:.3f}"
    limits = bootstrap.get("ci95") or level.get(f"{name}_ci95")
    interval = MISSING if limits is None else f"{limits[0]:.3f} to {limits[1]:.3f}"
    return [_number(level.get(name)), spread, interval, _number(ceiling.get(f"{unit}_auc"))]


def _grade_row(name: str, auc: float | None, ceiling: float | None) -> Row:
    return [f"vertebra AUC, {name} against normal", MISSING, _number(auc), MISSING, MISSING, _number(ceiling)]


def _point_row(
    how: str, summary: dict[str, Any], key: str, sensitivity: float | None = None, specificity: float | None = None
) -> Row:
    point = ((summary.get(key) or {}).get("patient") or {}).get("youden") or {}
    found = [point.get(rate, {}) for rate in ("sensitivity", "specificity")]
    values = ", ".join(_number(rate.get("estimate")) for rate in found)
    counts = ", ".join(f"{rate.get('count')} of {rate.get('total')}" for rate in found if rate)
    published = MISSING if sensitivity is None else f"{_number(sensitivity)}, {_number(specificity)}"
    shown = f"{values} ({counts})" if counts else MISSING
    return [f"sensitivity and specificity of patients, {how}", published, shown, MISSING, MISSING, MISSING]


def cohort_rows(counts: dict[str, Any]) -> list[Row]:
    """The numbers of the cohort beside those that the paper states."""
    rows = [
        [COUNTS.get(name, name.replace("_", " ")), str(count["paper"]), str(count["found"])]
        for name, count in counts.items()
    ]
    return [["", "paper", "here"], *rows]


def regime_rows(experiment: Experiment) -> list[Row]:
    """What was trained, and how much."""
    options = experiment.options
    plans = _read(experiment.plans)
    if not plans:
        return []
    planned = plans["configurations"][DEFAULT_CONFIGURATION]
    segments = options.epochs * options.iterations * planned["batch_size"]
    changed = ", ".join(f"{name} {value}" for name, value in options.training.items())
    cohort = f"{options.cases} small crops" if options.cases else "the paper's numbers"
    return [
        ["", ""],
        ["cohort", f"{cohort}, seed {options.cohort_seed}"],
        ["training", f"seed {options.seed}, normalisation {options.normalisation}"],
        ["length", f"at most {options.epochs} epochs of {options.iterations} batches"],
        ["segments in a batch", f"{planned['batch_size']} of {'x'.join(map(str, planned['patch_size']))} voxels"],
        ["segments in a fold, at most", f"{segments:,} (DeepMedic: {DEEPMEDIC_SEGMENTS:,})"],
        ["other settings", changed or "the defaults"],
    ]


def fold_rows(folds: Iterable[TrainedFold]) -> list[Row]:
    """How each fold's training went: plateaus, the end, and the epoch that was taken."""
    rows = [
        [
            str(fold.number),
            str(fold.epochs),
            "yes" if fold.stopped_early else "no",
            str(fold.best_epoch),
            f"{fold.best_dice:.3f}",
            f"{fold.last_rate:.2g}",
            _hours(fold.seconds),
        ]
        for fold in folds
    ]
    return [
        ["fold", "epochs", "ended early", "best epoch", "foreground Dice", "last learning rate", "hours"],
        *rows,
    ]


def time_rows(seconds: dict[str, float]) -> list[Row]:
    """Hours of each step, those of interrupted attempts included."""
    rows = [[_step(name), _hours(spent)] for name, spent in seconds.items()]
    return [["step", "hours"], *rows, ["all", _hours(sum(seconds.values()))]] if rows else []


def _step(name: str) -> str:
    command, comma, which = name.partition(",")
    return f"`vf_nnunet {command}`{comma}{which}"


def _hours(seconds: float) -> str:
    return f"{seconds / SECONDS_PER_HOUR:.2f}"


def _commands(experiment: Experiment) -> str:
    """The commands as they were run, in the experiment's folder."""
    here = f"{experiment.output}/"
    commands = experiment.state["commands"].values()
    lines = [shlex.join(["vf_nnunet", *arguments]).replace(here, "") for arguments in commands]
    return "### Commands\n\n```text\n" + "\n".join(lines) + "\n```\n" if lines else ""


def _table(rows: Sequence[Row]) -> str:
    header, *others = rows
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in (header, *others)]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]]) + "\n"


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3f}"


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content

"""The comparison as JSON, CSV and Markdown."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from dataset_conversion.spine.files import write_csv, write_json, write_text
from vf_nnunet.selection.result import Auc, ClassResult, ConfigurationResult

NAME = "model_selection"
MEASURES = ("dice", "precision", "recall", "compactness")


def write_tables(output: Path, results: Sequence[ConfigurationResult], training: int, held_out: int) -> str:
    """Write `model_selection.json`, `.csv` and `.md`.

    Args:
        output: Folder for the files.
        results: One row per configuration.
        training: Number of training cases.
        held_out: Number of held-out cases.

    Returns:
        The Markdown.
    """
    content = {
        "training_cases": training,
        "held_out_cases": held_out,
        "configurations": [asdict(result) for result in results],
    }
    write_json(output / f"{NAME}.json", content)
    rows = [flat_row(result) for result in results]
    write_csv(output / f"{NAME}.csv", list(rows[0]), [list(row.values()) for row in rows])
    caption = (
        f"Trained on {training} cases and compared on {held_out} others. Intervals are 95% intervals over patients."
    )
    text = f"{markdown(results)}\n{caption}\n"
    write_text(output / f"{NAME}.md", text)
    return text


def flat_row(result: ConfigurationResult) -> dict[str, object]:
    """One row of the CSV file."""
    row: dict[str, object] = {"configuration": result.configuration, "parameters": result.parameters}
    for unit, auc in (("patient", result.patient), ("vertebra", result.vertebra)):
        low, high = auc.interval or (None, None)
        row |= {f"{unit}_auc": auc.value, f"{unit}_auc_low": low, f"{unit}_auc_high": high}
    for name, found in result.classes.items():
        row |= {f"{name}_{key}": value for key, value in asdict(found).items()}
    return row


def markdown(results: Sequence[ConfigurationResult]) -> str:
    """The table with one column per configuration, as in the paper."""
    rows = [
        ["", *(result.configuration for result in results)],
        ["---"] * (len(results) + 1),
        ["parameters", *(f"{result.parameters:,}" for result in results)],
        ["patient AUC", *(_auc(result.patient) for result in results)],
        ["vertebra AUC", *(_auc(result.vertebra) for result in results)],
    ]
    for name in results[0].classes:
        rows += _class_rows(name, [result.classes[name] for result in results])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _class_rows(name: str, results: Sequence[ClassResult]) -> list[list[str]]:
    """The rows of one class, with one result per configuration."""
    return [
        *([f"{name}, {measure}", *(_number(getattr(result, measure)) for result in results)] for measure in MEASURES),
        [f"{name}, components", *(str(result.components) for result in results)],
    ]


def _auc(auc: Auc) -> str:
    if auc.interval is None:
        return _number(auc.value)
    low, high = auc.interval
    return f"{_number(auc.value)} ({low:.3f} to {high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

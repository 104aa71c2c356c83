"""The comparison as JSON, CSV and Markdown."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from dataset_conversion.spine.files import write_csv, write_json, write_text
from vf_nnunet.selection.result import Auc, ConfigurationResult

NAME = "model_selection"


def write_tables(output: Path, results: Sequence[ConfigurationResult], training: int, held_out: int) -> str:
    """Write `model_selection.json`, `.csv` and `.md`; returns the Markdown.

    Args:
        training, held_out: Numbers of cases, for the caption.
    """
    content = {
        "training_cases": training,
        "held_out_cases": held_out,
        "configurations": [asdict(result) for result in results],
    }
    write_json(output / f"{NAME}.json", content)
    rows = [flat_row(result) for result in results]
    write_csv(output / f"{NAME}.csv", list(rows[0]), [list(row.values()) for row in rows])
    caption = f"Trained on {training} cases, compared on {held_out} others; intervals are 95% bootstrap over patients."
    text = f"{markdown(results)}\n{caption}\n"
    write_text(output / f"{NAME}.md", text)
    return text


def flat_row(result: ConfigurationResult) -> dict[str, object]:
    """One row of the CSV file."""
    row: dict[str, object] = {"configuration": result.configuration, "parameters": result.parameters}
    for level, auc in (("patient", result.patient), ("vertebra", result.vertebra)):
        low, high = auc.interval or (None, None)
        row |= {f"{level}_auc": auc.value, f"{level}_auc_low": low, f"{level}_auc_high": high}
    for name, found in result.classes.items():
        row |= {f"{name}_{key}": value for key, value in asdict(found).items()}
    return row


def markdown(results: Sequence[ConfigurationResult]) -> str:
    """The table with one column a configuration, as in the paper."""
    rows = [
        ["", *(result.configuration for result in results)],
        ["---"] * (len(results) + 1),
        ["parameters", *(f"{result.parameters:,}" for result in results)],
        ["patient AUC", *(_auc(result.patient) for result in results)],
        ["vertebra AUC", *(_auc(result.vertebra) for result in results)],
    ]
    for name in results[0].classes:
        for measure in ("dice", "precision", "recall", "compactness"):
            values = (getattr(result.classes[name], measure) for result in results)
            rows.append([f"{name}, {measure}", *(_number(value) for value in values)])
        rows.append([f"{name}, components", *(str(result.classes[name].components) for result in results)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _auc(auc: Auc) -> str:
    if auc.interval is None:
        return _number(auc.value)
    low, high = auc.interval
    return f"{_number(auc.value)} ({low:.3f} to {high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

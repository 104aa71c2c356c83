"""The model's card beside the page, and what the page says of it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.spine.files import write_text
from vf_nnunet.model.card import Card
from vf_nnunet.screening.worklist.case_files import FOLDER

FILE = "model.json"
"""The card in the folder beside the page."""
IDENTITY = ("name", "dataset", "folds")
"""What results and cards say of a model in all versions."""


def write_card(output: Path, card: Card) -> None:
    """Keep the card beside the page, for the time when the page is made anew."""
    path = output / FOLDER / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, card.to_json() + "\n")


def carry_card(source: Path, output: Path) -> None:
    """Take over the card that lies beside the worklist of another folder, if there is one.

    Args:
        source: Folder with maps, perhaps of `predict`.
        output: Folder of the results from these maps.
    """
    if read_card(source) is not None:
        path = output / FOLDER / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, (source / FOLDER / FILE).read_text(encoding="utf-8"))


def read_card(output: Path) -> dict[str, Any] | None:
    """The card beside the page; None if there is none that can be read."""
    try:
        content = json.loads((output / FOLDER / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def is_card_of(card: Mapping[str, Any], models: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a card is that of the model of all results; nothing is known of maps without one."""
    return all(
        model.get("name") is None or [model.get(name) for name in IDENTITY] == [card.get(name) for name in IDENTITY]
        for model in models
    )


def card_rows(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and texts for the page, without what is not known."""
    evaluation, cohort = card.get("evaluation") or {}, card.get("training_cohort") or {}
    rows = [
        ("Model", f"{card.get('name')}, {card.get('dataset')}, folds {', '.join(map(str, card.get('folds') or ()))}"),
        ("Trained on", _counts(cohort)),
        ("Patients (cross-validated)", _auc(evaluation, "patients", "patient_auc_hull")),
        ("Vertebrae (cross-validated)", _auc(evaluation, "vertebrae", "vertebra_auc")),
        ("Note", evaluation.get("note")),
        ("Not evaluated", None if evaluation else "how well this model does is not recorded with it"),
        ("Intended use", card.get("intended_use")),
        ("Patents", card.get("patents")),
        ("Made", card.get("created")),
        ("Weights", card.get("weights_sha256")),
    ]
    return [(name, str(text)) for name, text in rows if text]


def _counts(cohort: Mapping[str, Any]) -> str:
    named = [f"{cohort[name]} {name}" for name in ("cases", "patients", "vertebrae") if cohort.get(name) is not None]
    grades = cohort.get("grades")
    if isinstance(grades, dict):
        named.append("grades " + ", ".join(f"{name}: {count}" for name, count in grades.items()))
    return ", ".join(named)


def _auc(evaluation: Mapping[str, Any], counted: str, name: str) -> str:
    auc, limits = evaluation.get(name), evaluation.get(f"{name}_ci95")
    if auc is None:
        return ""
    interval = f" (95% interval {limits[0]:.3f} to {limits[1]:.3f})" if limits else ""
    fractured = evaluation.get(f"{counted}_with_fracture")
    return f"AUC {auc:.3f}{interval}, {evaluation.get(counted)} {counted}, {fractured} with a fracture"

"""`vertebrae.csv`: the vertebrae of all results in a folder, one row each."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dataset_conversion.spine.files import write_csv
from dataset_conversion.spine.genant import GRADE_OF_WORD
from vf_nnunet.screening.caution import caution_of, with_caution

TABLE = "vertebrae.csv"
"""Name of the table in the output folder."""
GRADES = tuple(GRADE_OF_WORD)
HEIGHTS = ("anterior", "middle", "posterior")
COLUMNS = (
    *("case_id", "number", "level", "level_probability", "position", "x", "y", "z"),
    *("score", "fracture_probability", "positive"),
    *(f"probability_{name}" for name in GRADES),
    *(f"{name}_mm" for name in HEIGHTS),
    *("loss_own", "loss_neighbour", "trabecular_hu", "not_evaluable", "warnings"),
)
"""`number` counts the vertebrae of a case from the top down; x, y and z are LPS mm. The warnings begin with what
the model's card warns of."""


def check_table(output: Path) -> list[str]:
    """A problem if the output folder has a table of another kind, such as that of a dataset; empty otherwise."""
    path = output / TABLE
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            header = next(csv.reader(stream), [])
    except (OSError, ValueError, csv.Error) as error:
        return [f"{path}: cannot be read ({error}); expected another output folder"]
    if header == list(COLUMNS):
        return []
    return [f"{path}: not a table of vf_nnunet predict and would be replaced; expected another output folder"]


def write_table(output: Path, results: Iterable[Mapping[str, Any]]) -> None:
    """Write the table of results, atomically. Results of earlier versions, which have no vertebrae, add no rows.

    Args:
        output: The output folder.
        results: Contents of `<case>.json`, in the order of the rows.
    """
    write_csv(output / TABLE, COLUMNS, [row for result in results for row in vertebra_rows(result)])


def vertebra_rows(result: Mapping[str, Any]) -> list[list[object]]:
    """The rows of one result, by `COLUMNS`.

    Args:
        result: Content of a `<case>.json`.
    """
    return [
        _row(result["case_id"], number, vertebra, caution_of(result))
        for number, vertebra in enumerate(result.get("vertebrae", ()), start=1)
    ]


def _row(case: str, number: int, vertebra: Mapping[str, Any], caution: str) -> list[object]:
    grades, heights, loss = (vertebra[key] or {} for key in ("grade_probabilities", "heights_mm", "height_loss"))
    positive = vertebra["positive"]
    return [
        *(case, number, vertebra["level"], vertebra["level_probability"], vertebra["position"]),
        *vertebra["centre_lps_mm"],
        *(vertebra["score"], vertebra["fracture_probability"], None if positive is None else int(positive)),
        *(grades.get(name) for name in GRADES),
        *(heights.get(name) for name in HEIGHTS),
        *(loss.get("own"), loss.get("neighbour"), vertebra["trabecular_hu"], vertebra["not_evaluable"]),
        "; ".join(with_caution(caution.removesuffix("."), vertebra["warnings"])),
    ]

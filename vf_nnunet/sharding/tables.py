"""The rows of a shard in the tables of its batch, from its results."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_text
from vf_nnunet.screening.case import result_path
from vf_nnunet.screening.failures import recorded_failures
from vf_nnunet.screening.passed_over import PASSED_OVER as PASSED_OVER_FILE
from vf_nnunet.screening.provenance import read_result
from vf_nnunet.screening.vertebrae.table import COLUMNS as VERTEBRA_COLUMNS
from vf_nnunet.screening.vertebrae.table import vertebra_rows
from vf_nnunet.sharding.journal import DONE, FAILED, PASSED_OVER
from vf_nnunet.sharding.layout import Shard
from vf_nnunet.sharding.manifest import ManifestCase

NOT_DONE = "not done"
PATIENT_COLUMNS = (
    *("case_id", "shard", "path", "status", "score", "positive", "findings", "vertebrae", "positive_vertebrae"),
    *("highest_vertebra_score", "not_evaluable", "warnings"),
)
FAILURE_COLUMNS = ("case_id", "shard", "path", "status", "reason")

Row = Sequence[Any]


class Tables(NamedTuple):
    """Rows of the three tables; every case of the shard has exactly one of `patients`.

    Attributes:
        patients: By `PATIENT_COLUMNS`.
        vertebrae: By the columns of `vertebrae.csv`.
        failures: By `FAILURE_COLUMNS`.
    """

    patients: list[Row]
    vertebrae: list[Row]
    failures: list[Row]

    def count(self, status: str) -> int:
        """Cases with this status."""
        place = PATIENT_COLUMNS.index("status")
        return sum(row[place] == status for row in self.patients)


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "patients": PATIENT_COLUMNS,
    "vertebrae": VERTEBRA_COLUMNS,
    "failures": FAILURE_COLUMNS,
}
"""The columns of each table."""


def read_tables(shard: Shard) -> Tables:
    """The rows of a shard: those that it left, or, if it is not finished, from the results that there are.

    Raises:
        InputError: If results cannot be read.
    """
    left = shard.read_tables()
    return make_tables(shard) if left is None else Tables(**{name: left[name] for name in COLUMNS})


def write_tables(shard: Shard) -> Tables:
    """Write the rows of a shard whose cases are all done or have failed, atomically, which marks it as finished."""
    tables = make_tables(shard)
    content = {"cases_sha256": shard.digest(), **tables._asdict()}
    write_text(shard.tables, json.dumps(content, ensure_ascii=False, allow_nan=False))
    return tables


def make_tables(shard: Shard) -> Tables:
    """The rows of a shard from its results."""
    tables = Tables([], [], [])
    failures = recorded_failures(shard.results)
    masks = _passed_over(shard.results)
    for one in shard.cases():
        path = result_path(shard.results, one.case)
        if one.case in failures:
            _add_failure(tables, shard, one, FAILED, failures[one.case])
        elif path.is_file():
            result = read_result(path)
            tables.patients.append(_patient(shard, one, result))
            tables.vertebrae.extend(vertebra_rows(result))
        elif one.path in masks:
            _add_failure(tables, shard, one, PASSED_OVER, [masks[one.path]])
        else:
            _add_failure(tables, shard, one, NOT_DONE, [])
    return tables


def _add_failure(tables: Tables, shard: Shard, case: ManifestCase, status: str, reasons: Sequence[str]) -> None:
    about = (case.case, shard.number, case.path, status)
    tables.patients.append([*about, *[None] * (len(PATIENT_COLUMNS) - len(about))])
    tables.failures.extend([*about, reason] for reason in reasons)


def _patient(shard: Shard, case: ManifestCase, result: Mapping[str, Any]) -> Row:
    vertebrae = result.get("vertebrae", ())
    scores = [one["score"] for one in vertebrae if one["score"] is not None]
    return [
        *(case.case, shard.number, case.path, DONE, result["score"]),
        int(result.get("positive", bool(result["findings"]))),
        *(len(result["findings"]), len(vertebrae), sum(bool(one["positive"]) for one in vertebrae)),
        max(scores, default=None),
        (result.get("vertebra_level") or {}).get("not_evaluable"),
        "; ".join(str(warning) for warning in result.get("warnings", ())),
    ]


def _passed_over(results: Path) -> dict[str, str]:
    path = results / PASSED_OVER_FILE
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it") from error

"""The worklist of a gathered batch: the cases with the highest scores, because a browser cannot open all."""

from pathlib import Path
from typing import Any, NamedTuple

from dataset_conversion.spine.errors import InputError
from vf_nnunet.screening.worklist.case_files import FOLDER, write_library
from vf_nnunet.screening.worklist.entries import as_text, failed_entry, read_entry
from vf_nnunet.screening.worklist.page import NO_BATCH, write_page
from vf_nnunet.sharding.journal import DONE
from vf_nnunet.sharding.layout import Shard

MOST_CASES = 1000
"""Cases on a page by default; each takes 10 to 25 KB of it."""
MOST_FAILURES = 1000
REMEDY = "they were not written (--no-worklist)"


class PageCounts(NamedTuple):
    """What a page shows.

    Attributes:
        shown: Cases with a result on the page.
        done: Cases with a result.
        failed: Cases without one on the page.
    """

    shown: int
    done: int
    failed: int


def write_gathered_page(batch: Path, most_cases: int = MOST_CASES) -> PageCounts:
    """Write `index.html` of a batch whose tables were gathered.

    Args:
        batch: Folder of the batch.
        most_cases: Cases with the highest scores that it shows.

    Raises:
        InputError: If the tables are not there, or a result cannot be read.
    """
    done, reasons = _read_tables(batch)
    chosen = done[:most_cases]
    named = dict([*reasons.items()][:MOST_FAILURES])
    entries = [_entry(batch, case, shard) for case, shard in chosen]
    texts = [as_text(content) for content, _ in entries]
    texts += [as_text(failed_entry(case, lines)) for case, lines in named.items()]
    left_out = [
        *_left_out("cases", len(chosen), len(done), "those with the highest scores"),
        *_left_out("failures", len(named), len(reasons), "the others are in failures.csv"),
    ]
    write_library(batch)
    write_page(batch, texts, [origin for _, origin in entries], NO_BATCH, REMEDY, "; ".join(left_out))
    return PageCounts(len(chosen), len(done), len(named))


def _read_tables(batch: Path) -> tuple[list[tuple[str, int]], dict[str, list[str]]]:
    """Case and shard of the results by falling score, and the reasons of the other cases."""
    import pandas

    tables = {name: batch / f"{name}.csv" for name in ("patients", "failures")}
    if not all(path.is_file() for path in tables.values()):
        raise InputError(f"{batch}: no tables of its cases; expected vf_nnunet gather {batch} before")
    types = {"case_id": str, "path": str, "status": str}
    patients = pandas.read_csv(tables["patients"], dtype=types, usecols=["case_id", "shard", "status", "score"])
    done = patients[patients["status"] == DONE].sort_values(["score", "case_id"], ascending=[False, True])
    failures = pandas.read_csv(tables["failures"], dtype={**types, "reason": str}, keep_default_na=False)
    reasons = {str(case): [*rows] for case, rows in failures.groupby("case_id", sort=True)["reason"]}
    return [*zip(done["case_id"], map(int, done["shard"]), strict=True)], reasons


def _left_out(what: str, shown: int, total: int, which: str) -> list[str]:
    return [f"{shown} {what} of {total} are shown: {which}"] if shown < total else []


def _entry(batch: Path, case: str, shard: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entry of a case, which names the folder of its volumes, and how its result was made."""
    results = Shard(batch, shard).results
    entry = read_entry(results, case)
    folder = (results / FOLDER).relative_to(batch).as_posix()
    return {**entry.content, "folder": folder}, entry.origin

"""The manifest of a batch: the CTs to predict, one row each."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.files import atomic_file

ENDINGS = (".csv", ".parquet")
REQUIRED = ("case", "path")
COLUMNS = (*REQUIRED, "size", "mtime")
LOOKING = 16
"""Threads that look for files: on a network file system each look is a round trip."""
NAMED_PROBLEMS = 20
"""Problems of one manifest that are named; the rest is counted."""
_SAFE_CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ManifestCase(NamedTuple):
    """A CT to predict.

    Attributes:
        case: Case id.
        path: Absolute path of the image file or DICOM folder.
        size: Size of its files in bytes; None if unknown.
        mtime: When they were last changed, in whole seconds since 1970; None if unknown.
    """

    case: str
    path: str
    size: int | None = None
    mtime: int | None = None


def ct_paths(cases: Iterable[ManifestCase]) -> dict[str, Path]:
    """The image file or DICOM folder of each CT by case id."""
    return {one.case: Path(one.path) for one in cases}


def is_manifest(path: Path) -> bool:
    """Whether a path is that of a manifest, by its ending."""
    return path.suffix.lower() in ENDINGS


def read_manifest(path: Path) -> list[ManifestCase]:
    """Read a manifest. A relative path in it begins in its folder; other columns are left aside.

    Args:
        path: CSV or Parquet file with the columns `case` and `path`, and `size` and `mtime` where they are known.

    Raises:
        InputError: If it cannot be read, has no rows or lacks a column, or a row lacks a value.
    """
    table = _read_table(path)
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)} but {shortened_list([str(name) for name in table], 6)}; expected "
            f"{', '.join(COLUMNS)} (the last two can be missing)"
        )
    count = len(table["case"])
    if not count:
        raise InputError(f"{path}: no rows; expected one for each CT")
    folder = str(path.absolute().parent)
    empty = [None] * count
    columns = (table["case"], table["path"], table.get("size", empty), table.get("mtime", empty))
    problems: list[str] = []
    cases = [
        _case(f"{path}, row {number}", folder, row, problems)
        for number, row in enumerate(zip(*columns, strict=True), start=1)
    ]
    if problems:
        raise InputError(_counted(path, problems))
    return cases


def write_manifest(path: Path, cases: Iterable[ManifestCase]) -> None:
    """Write a manifest, atomically.

    Raises:
        InputError: If the file is Parquet and pyarrow is not installed.
    """
    import pandas

    table = pandas.DataFrame(list(cases), columns=list(COLUMNS)).astype({"size": "Int64", "mtime": "Int64"})
    with atomic_file(path) as temporary:
        if path.suffix.lower() == ".parquet":
            _needs_pyarrow(path)
            table.to_parquet(temporary, index=False)
        else:
            table.to_csv(temporary, index=False, lineterminator="\n")


def check_cases(name: Path, cases: Sequence[ManifestCase]) -> None:
    """Look for what would go wrong with a batch: every problem of the manifest, before anything is submitted.

    Args:
        name: The manifest, for messages.
        cases: Its rows.

    Raises:
        InputError: If a case or a path is there twice, a case id is not safe in file names, or a path is missing or
            was changed since.
    """
    problems = [
        f"{name}: case {one.case!r}; expected letters, digits, '.', '_' and '-' only"
        for one in cases
        if not _SAFE_CASE.fullmatch(one.case)
    ]
    problems += _doubled(name, [(one.case, one.path) for one in cases], "case", "path")
    problems += _doubled(name, [(one.path, one.case) for one in cases], "path", "case")
    problems += [f"{name}: {problem}" for problem in _file_problems(cases)]
    if problems:
        raise InputError(_counted(name, problems))


def changes(before: Iterable[ManifestCase], now: Iterable[ManifestCase]) -> list[str]:
    """How a manifest differs from an earlier one, one line for each kind of change."""
    earlier, present = ({one.case: one for one in cases} for cases in (before, now))
    kinds = {
        "added": [case for case in present if case not in earlier],
        "removed": [case for case in earlier if case not in present],
        "changed": _changed(earlier, present),
    }
    return [f"{len(names)} cases {kind}: {shortened_list(names)}" for kind, names in kinds.items() if names]


def _changed(earlier: Mapping[str, ManifestCase], present: Mapping[str, ManifestCase]) -> list[str]:
    return [case for case, one in present.items() if case in earlier and earlier[case] != one]


def _read_table(path: Path) -> dict[str, list[Any]]:
    import pandas

    try:
        if path.suffix.lower() == ".parquet":
            _needs_pyarrow(path)
            table = pandas.read_parquet(path)
        else:
            table = pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected a manifest, or a folder of CTs") from error
    except (OSError, ValueError, pandas.errors.ParserError) as error:
        raise InputError(f"{path}: cannot be read ({str(error).strip()}); expected a table of CTs") from error
    columns = {str(name): table[name].astype(object) for name in table.columns}
    return {name: column.where(column.notna(), None).tolist() for name, column in columns.items()}


def _needs_pyarrow(path: Path) -> None:
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise InputError(f"{path}: Parquet needs pyarrow; expected CSV, or pip install 'vf_nnunet[cluster]'")


def _case(place: str, folder: str, row: Sequence[Any], problems: list[str]) -> ManifestCase:
    case, path, size, mtime = row
    for name, value in (("case", case), ("path", path)):
        if not isinstance(value, str) or not value:
            problems.append(f"{place}: {name} is {value!r}; expected a text")
            return ManifestCase("", "")
    numbers = [_number(place, name, value, problems) for name, value in (("size", size), ("mtime", mtime))]
    return ManifestCase(case, os.path.normpath(os.path.join(folder, path)), *numbers)


def _number(place: str, name: str, value: Any, problems: list[str]) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(float(value))
    except (TypeError, ValueError):
        problems.append(f"{place}: {name} is {value!r}; expected a whole number or nothing")
        return None


def _doubled(name: Path, pairs: Iterable[tuple[str, str]], kind: str, other: str) -> list[str]:
    first: dict[str, str] = {}
    problems = []
    for key, value in pairs:
        if key in first:
            problems.append(f"{name}: {kind} {key} twice, with {other} {first[key]} and {value}; expected it once")
        first.setdefault(key, value)
    return problems


def _file_problems(cases: Sequence[ManifestCase]) -> list[str]:
    """A line for each CT that is missing or is not the one of its row any more."""
    with ThreadPoolExecutor(LOOKING) as pool:
        found = pool.map(_file_problem, cases, chunksize=512)
    return [problem for problem in found if problem]


def _file_problem(case: ManifestCase) -> str | None:
    try:
        status = os.stat(case.path)
    except OSError as error:
        return f"case {case.case}: {case.path}: {error.strerror}; expected a CT"
    if os.path.isdir(case.path) or case.path.lower().endswith((".mhd", ".nhdr")):  # of several files
        return None
    now = (status.st_size, int(status.st_mtime))
    if any(value is not None and value != present for value, present in zip((case.size, case.mtime), now, strict=True)):
        return (
            f"case {case.case}: {case.path}: size and time {now[0]}, {now[1]}; expected {case.size}, {case.mtime} as "
            "the manifest says: make it anew"
        )
    return None


def _counted(name: Path, problems: Sequence[str]) -> list[str]:
    rest = len(problems) - NAMED_PROBLEMS
    return [*problems[:NAMED_PROBLEMS], *([f"{name}: {rest} more problems of this kind"] if rest > 0 else [])]

"""Write a table that may not fit into the memory: as CSV, and as Parquet where pyarrow is installed."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dataset_conversion.spine.files import atomic_file

INTEGERS = frozenset({"shard", "number", "findings", "vertebrae", "positive_vertebrae", "positive"})
"""Columns of whole numbers."""
TEXTS = frozenset(
    {"case_id", "path", "status", "reason", "level", "position", "not_evaluable", "warnings", "process", "host", "job"}
)
"""Columns of texts; all others are numbers."""
ROW_GROUP = 50_000
"""Rows of a Parquet file that are held in the memory."""


class TableWriter:
    """Gets the rows of a table, in pieces."""

    def __init__(self, columns: Sequence[str], lines: Any, parquet: "_Parquet | None") -> None:
        self._columns, self._lines, self._parquet = columns, lines, parquet
        lines.writerow(columns)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows."""
        rows = list(rows)
        self._lines.writerows(rows)
        if self._parquet is not None:
            self._parquet.add(rows)


@contextmanager
def open_table(folder: Path, name: str, columns: Sequence[str]) -> Iterator[TableWriter]:
    """Write `<name>.csv` and `<name>.parquet`, each atomically, when the block ends without an error.

    Args:
        folder: Folder of the files.
        name: Name of the table.
        columns: Its columns, among `INTEGERS`, `TEXTS` and numbers.
    """
    with ExitStack() as stack:
        temporary = stack.enter_context(atomic_file(folder / f"{name}.csv"))
        stream = stack.enter_context(temporary.open("w", newline="", encoding="utf-8"))
        parquet = None
        if has_parquet():
            parquet = _Parquet(stack.enter_context(atomic_file(folder / f"{name}.parquet")), columns)
            stack.callback(parquet.close)
        yield TableWriter(columns, csv.writer(stream, lineterminator="\n"), parquet)
        if parquet is not None:
            parquet.write()


def has_parquet() -> bool:
    """Whether Parquet can be written."""
    return find_spec("pyarrow") is not None


class _Parquet:
    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow
        from pyarrow import parquet

        self._schema = pyarrow.schema([(name, _type(name)) for name in columns])
        self._file = parquet.ParquetWriter(path, self._schema)
        self._rows: list[Sequence[Any]] = []

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows += rows
        if len(self._rows) >= ROW_GROUP:
            self.write()

    def write(self) -> None:
        import pyarrow

        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [pyarrow.array(list(values), field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._file.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []

    def close(self) -> None:
        self._file.close()


def _type(name: str) -> Any:
    import pyarrow

    if name in INTEGERS:
        return pyarrow.int64()
    return pyarrow.string() if name in TEXTS else pyarrow.float64()

"""Gather the results of a batch: tables of patients, vertebrae and failures, and what it took."""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.sharding.journal import read_journal
from vf_nnunet.sharding.layout import is_batch, shards_of
from vf_nnunet.sharding.table_files import open_table
from vf_nnunet.sharding.tables import COLUMNS, PATIENT_COLUMNS, read_tables
from vf_nnunet.sharding.throughput import Throughput

SUMMARY = "throughput.json"
_STATUS = PATIENT_COLUMNS.index("status")


def gather(batch: Path) -> dict[str, Any]:
    """Write `patients`, `vertebrae` and `failures` (CSV and Parquet), each case of the manifest once, and a summary.

    Finished shards left their rows; of others the results are read that there are. The files of the tables are
    replaced when all of them are whole.

    Args:
        batch: Folder of the batch.

    Returns:
        The content of `throughput.json`: cases by status, and the figures of `Throughput`.

    Raises:
        InputError: If the folder is not that of a batch, or results cannot be read.
    """
    if not is_batch(batch):
        raise InputError(f"{batch}: no batch in shards; expected the output folder of vf_nnunet predict --shard-size")
    statuses: Counter[str] = Counter()
    throughput = Throughput()
    with ExitStack() as stack:
        writers = {name: stack.enter_context(open_table(batch, name, columns)) for name, columns in COLUMNS.items()}
        for shard in shards_of(batch):
            tables = read_tables(shard)
            statuses.update(row[_STATUS] for row in tables.patients)
            for name, writer in writers.items():
                writer.add(getattr(tables, name))
            throughput.add(read_journal(shard.journal))
    summary = {"cases": statuses.total(), "by_status": dict(sorted(statuses.items())), **throughput.to_json()}
    write_json(batch / SUMMARY, summary)
    return summary

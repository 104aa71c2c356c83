"""Gather the results of a batch in shards: tables of patients, vertebrae and failures, and what it took."""

import argparse
import sys
from pathlib import Path

EXAMPLE = "vf_nnunet gather predictions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "output", type=Path, metavar="DIR", help="output folder of vf_nnunet predict --cluster or --shard-size"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the tables and throughput.json; say the figures."""
    from vf_nnunet.sharding.gather import gather
    from vf_nnunet.sharding.table_files import has_parquet

    if not has_parquet():
        sys.stderr.write("warning: no Parquet without pyarrow: pip install 'vf_nnunet[cluster]', or use the CSV\n")
    summary = gather(arguments.output)
    statuses = ", ".join(f"{count} {status}" for status, count in summary["by_status"].items())
    sys.stdout.write(f"{arguments.output}: {summary['cases']} CTs: {statuses}\n")
    shown = {
        "CTs per hour": "cts_per_hour",
        "core-hours per 1,000 CTs": "core_hours_per_thousand_cts",
        "peak memory of a process, GB": "peak_memory_gb",
    }
    for text, name in shown.items():
        if summary[name] is not None:
            sys.stdout.write(f"{text}: {summary[name]}\n")

"""Do shards of a batch that predict has prepared: for schedulers such as Snakemake; it continues by itself."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vf_nnunet.commands.shard_options import restored_options

EXAMPLE = "vf_nnunet shard predictions 0 1 2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "output", type=Path, metavar="DIR", help="output folder of vf_nnunet predict --shard-size or --prepare"
    )
    parser.add_argument("numbers", type=int, nargs="+", metavar="N", help="numbers of the shards, from 0")
    parser.add_argument("--retry-failed", action="store_true", help="do the CTs that failed once more")


def run(arguments: argparse.Namespace) -> None:
    """Do the shards one after the other; failures of cases are recorded and do not end it."""
    from vf_nnunet.nnunet.termination import interrupted_by_sigterm

    # A scheduler's first signal: the journal then says that the case was interrupted, not that it killed the process.
    with interrupted_by_sigterm():
        do_shards(arguments.output, arguments.numbers, None, arguments.retry_failed)


def do_shards(
    output: Path,
    numbers: Sequence[int],
    identity: str | None,
    retry_failed: bool = False,
    finished: Callable[[], None] = lambda: None,
) -> None:
    """Do shards with the options of their batch; the model is read once.

    Args:
        output: Folder of the batch.
        numbers: Numbers of the shards.
        identity: The batch that is meant; None takes whichever lies in the folder.
        retry_failed: Whether to do the cases that failed once more.
        finished: Is called after each case.

    Raises:
        InputError: If the batch is not seen on this machine, or its model or options cannot be used.
    """
    from vf_nnunet.commands.options import open_chosen_model
    from vf_nnunet.commands.prediction_options import screening_settings
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.sharding.batch import read_seen_batch
    from vf_nnunet.sharding.layout import Shard
    from vf_nnunet.sharding.manifest import ct_paths
    from vf_nnunet.sharding.run_shard import run_shard

    if not numbers:
        return
    since = _process_start()
    options = restored_options(dict(read_seen_batch(output, identity).options))
    shards = [Shard(output, number) for number in numbers]
    for shard in shards:
        shard.digest()
    model = open_chosen_model(options.model, options.folds)
    opened: list[Any] = []

    def backend() -> Any:
        if not opened:
            opened.append(open_backend(model.ensemble, options.backend, options.device))
        return opened[0]

    for shard in shards:
        settings = screening_settings(options, model, ct_paths(shard.cases()))
        tables = run_shard(shard, model, backend, settings, since, retry_failed, finished)
        counts = ", ".join(f"{tables.count(status)} {status}" for status in ("done", "failed", "passed over"))
        sys.stderr.write(f"shard {shard.number}: {counts}\n")
        since = time.time()


def _process_start() -> float:
    import psutil

    return float(psutil.Process().create_time())

"""What jobs of tests do: shards without a network, in a module that a job's process can import."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.vf_nnunet.models import BrightnessBackend, tiny_model
from tests.vf_nnunet.sharding.conftest import SETTINGS
from vf_nnunet.sharding.batch import read_seen_batch
from vf_nnunet.sharding.layout import Shard
from vf_nnunet.sharding.run_shard import run_shard


def do_brightly(
    batch: Path,
    numbers: Sequence[int],
    identity: str | None,
    retry_failed: bool,
    finished: Callable[[], None],
    pause: float = 0,
) -> None:
    """Do shards by `BrightnessBackend`, with a pause after each case."""
    read_seen_batch(batch, identity)

    def rest() -> None:
        finished()
        time.sleep(pause)

    model = tiny_model()
    backend = BrightnessBackend(model.ensemble)
    for number in numbers:
        run_shard(Shard(batch, number), model, lambda: backend, SETTINGS, None, retry_failed, rest)

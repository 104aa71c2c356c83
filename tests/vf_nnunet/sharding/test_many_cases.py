"""Every case of a large batch is in the table once, and what the work around the network takes."""

import csv
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.vf_nnunet.sharding.conftest import do_batch, manifest_of
from vf_nnunet.model.model import Model
from vf_nnunet.sharding.batch import prepare_batch
from vf_nnunet.sharding.gather import gather

BAD = 100
"""One case of so many is cut off."""


@pytest.mark.parametrize(
    ("number", "shard_size"), [(60, 25), pytest.param(10_000, 250, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_every_case_is_in_the_table_once(
    tmp_path: Path, cts: dict[str, Path], model: Model, number: int, shard_size: int
) -> None:
    kinds = ["cut" if one % BAD == BAD // 2 else ("bright", "dark")[one % 2] for one in range(number)]
    cases = manifest_of(tmp_path / "cts", cts, kinds)
    batch = tmp_path / "batch"
    prepare_batch(batch, cases, shard_size, {}, {})
    wall, processor = time.perf_counter(), time.process_time()
    do_batch(batch, model)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    gathering = time.perf_counter()
    summary = gather(batch)
    gathering = time.perf_counter() - gathering
    sys.stdout.write(
        f"{number} cases: {1000 * wall / number:.1f} ms each, {1000 * processor / number:.1f} ms of processor time; "
        f"gathered in {gathering:.2f} s; {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB\n"
    )
    expected = Counter({"cut": "failed"}.get(kind, "done") for kind in kinds)
    assert summary["by_status"] == dict(expected)
    with (batch / "patients.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["case_id"] for row in rows] == [one.case for one in cases]
    by_kind = {"cut": ("failed", ""), "bright": ("done", "1"), "dark": ("done", "0")}
    assert [(row["status"], row["positive"]) for row in rows] == [by_kind[kind] for kind in kinds]
    fullest = max(len(list(folder.iterdir())) for folder in (batch / "cases").rglob("*") if folder.is_dir())
    assert fullest <= 3 * shard_size + 2

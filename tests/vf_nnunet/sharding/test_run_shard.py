"""A shard continues after any end of its process, and leaves each case exactly once in its tables."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import BrightnessBackend
from tests.vf_nnunet.screening.conftest import save_ct
from tests.vf_nnunet.sharding.conftest import SETTINGS, do_batch, do_shard_and_die, manifest_of
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings, screen_case
from vf_nnunet.sharding import run_shard as run_shard_module
from vf_nnunet.sharding.batch import prepare_batch
from vf_nnunet.sharding.journal import kills, read_journal
from vf_nnunet.sharding.layout import Shard, shards_of
from vf_nnunet.sharding.manifest import ManifestCase
from vf_nnunet.sharding.run_shard import KILLS, LEFT_BEHIND_SECONDS, run_shard
from vf_nnunet.sharding.tables import Tables, make_tables, read_tables

KILLED_TIMES = 10


def statuses(tables: Tables) -> dict[str, str]:
    return {row[0]: row[3] for row in tables.patients}


def no_backend() -> BrightnessBackend:
    raise AssertionError("nothing is left to do")


def test_each_case_has_a_row_and_failures_their_reason(batch: Path, cases: list[ManifestCase], model: Model) -> None:
    do_batch(batch, model)
    first, second, third = (read_tables(shard) for shard in shards_of(batch))
    assert [len(tables.patients) for tables in (first, second, third)] == [3, 3, 1]
    assert statuses(second) == {cases[3].case: "failed", cases[4].case: "done", cases[5].case: "done"}
    ((case, shard, path, status, reason),) = second.failures
    assert (case, shard, path, status) == (cases[3].case, 1, cases[3].path, "failed")
    assert cases[3].path in reason
    positive = {row[0]: row[5] for tables in (first, second, third) for row in tables.patients}
    assert [positive[one.case] for one in cases] == [1, 0, 0, None, 1, 0, 1]
    assert {path.name for path in Shard(batch, 1).results.glob("*.nii.gz")} == {
        f"{one.case}_{name}.nii.gz" for one in cases[4:6] for name in ("fracture", "normal")
    }


def test_a_finished_shard_is_not_done_again(batch: Path, model: Model) -> None:
    do_batch(batch, model)
    shard = Shard(batch, 1)
    before = shard.journal.read_bytes()
    assert run_shard(shard, model, no_backend, SETTINGS) == make_tables(shard)
    assert shard.journal.read_bytes() == before
    # What failed is done again where that is asked for, and is mended here.
    bad = shard.cases()[0]
    Path(bad.path).write_bytes(Path(shard.cases()[1].path).read_bytes())
    do_batch(batch, model, retry_failed=True)
    assert set(statuses(read_tables(shard)).values()) == {"done"}
    assert read_tables(shard).failures == []


def test_without_maps_only_results_are_written(batch: Path, model: Model) -> None:
    shard = Shard(batch, 0)
    backend = BrightnessBackend(model.ensemble)
    bare = ScreeningSettings(operating_point=SETTINGS.operating_point, maps=False)
    bare_tables = run_shard(shard, model, lambda: backend, bare)
    names = {path.name for path in shard.results.iterdir()}
    assert names == {*(f"{one.case}.json" for one in shard.cases()), "vertebrae.csv"}
    # Where maps are asked for, a result without them is not whole.
    shard.tables.unlink()
    assert run_shard(shard, model, lambda: backend, SETTINGS) == bare_tables
    assert len(list(shard.results.glob("*_fracture.nii.gz"))) == 3


@pytest.mark.parametrize("seed", [0])
def test_a_shard_killed_ten_times_ends_with_the_same_table(
    tmp_path: Path, cts: dict[str, Path], model: Model, seed: int
) -> None:
    kinds = ["bright", "dark", "cut", "bright"] * 7
    cases = manifest_of(tmp_path / "cts", cts, kinds)
    for name in ("undisturbed", "killed"):
        prepare_batch(tmp_path / name, cases, len(cases), {}, {})
    do_batch(tmp_path / "undisturbed", model)
    killed, random = Shard(tmp_path / "killed", 0), Random(seed)
    for _ in range(KILLED_TIMES):
        assert do_shard_and_die(killed, model, random.randint(0, 3), random.uniform(0, 0.03))
        assert_nothing_half_written(killed)
    assert not do_shard_and_die(killed, model)
    assert kills(read_journal(killed.journal))
    expected, reached = (read_tables(Shard(tmp_path / name, 0)) for name in ("undisturbed", "killed"))
    assert reached == expected
    assert [row[0] for row in reached.patients] == [one.case for one in cases]


def assert_nothing_half_written(shard: Shard) -> None:
    for path in shard.results.glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))
    whole = {path.stem for path in shard.results.glob("*.json") if path.stem != "failed"}
    for case in whole:
        for name in ("fracture", "normal"):
            assert (shard.results / f"{case}_{name}.nii.gz").is_file()


def test_a_case_that_kills_its_process_comes_last_and_then_fails(
    batch: Path, cases: list[ManifestCase], model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = Shard(batch, 0)
    deadly = cases[0].case
    screen = screen_case

    def screen_or_die(case: str, *others: object) -> Sequence[str]:
        if case == deadly:
            os.kill(os.getpid(), 9)
        return screen(case, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(run_shard_module, "screen_case", screen_or_die)
    done = []
    for _ in range(KILLS):
        do_shard_and_die(shard, model)
        done.append(sum(status == "done" for status in statuses(make_tables(shard)).values()))
        assert shard.read_tables() is None
    assert done == [0, 2, 2]
    do_shard_and_die(shard, model)
    tables = read_tables(shard)
    assert statuses(tables)[deadly] == "failed"
    assert f"killed {KILLS} times while it did this case" in tables.failures[0][-1]
    # It has another chance with more memory.
    monkeypatch.undo()
    do_batch(batch, model, retry_failed=True)
    assert statuses(read_tables(shard))[deadly] == "done"


def test_a_defect_is_a_failure_of_its_case(
    batch: Path, cases: list[ManifestCase], model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = screen_case

    def broken(case: str, *others: object) -> Sequence[str]:
        if case == cases[1].case:
            raise ZeroDivisionError("a defect")
        return screen(case, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(run_shard_module, "screen_case", broken)
    do_batch(batch, model)
    tables = read_tables(Shard(batch, 0))
    assert statuses(tables) == {cases[0].case: "done", cases[1].case: "failed", cases[2].case: "done"}
    assert "ZeroDivisionError: a defect" in tables.failures[0][-1]


def test_masks_and_missing_cts(tmp_path: Path, cases: list[ManifestCase], model: Model) -> None:
    save_ct(Path(cases[0].path), (np.arange(40 * 16 * 15).reshape(40, 16, 15) > 4000).astype(np.uint8))
    Path(cases[1].path).unlink()
    prepare_batch(tmp_path / "batch", cases[:3], 3, {}, {})
    do_batch(tmp_path / "batch", model)
    tables = read_tables(Shard(tmp_path / "batch", 0))
    assert [row[3] for row in tables.patients] == ["passed over", "failed", "done"]
    mask, missing = (failure[-1] for failure in tables.failures)
    assert "a mask or a map" in mask
    assert f"{cases[1].path}: not there on " in missing


def test_temporary_files_of_killed_processes_go(batch: Path, model: Model) -> None:
    shard = Shard(batch, 0)
    shard.results.mkdir(parents=True)
    old, young = (shard.results / f".tmp-{name}-a.nii.gz" for name in ("old", "young"))
    for path in (old, young):
        path.touch()
    before = time.time() - LEFT_BEHIND_SECONDS - 60
    os.utime(old, (before, before))
    do_batch(batch, model)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_folder_that_cannot_be_written(batch: Path, model: Model) -> None:
    (batch / "cases").write_text("a file")
    with pytest.raises(InputError, match="cannot be written on"):
        do_batch(batch, model)

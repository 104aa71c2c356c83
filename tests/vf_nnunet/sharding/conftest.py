"""Tiny CTs, and batches of them that are done in this process by a backend without a network."""

import multiprocessing
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

from tests.vf_nnunet.models import BrightnessBackend, tiny_model
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.sharding.batch import prepare_batch
from vf_nnunet.sharding.journal import read_journal
from vf_nnunet.sharding.layout import Shard, shards_of
from vf_nnunet.sharding.manifest import ManifestCase
from vf_nnunet.sharding.run_shard import run_shard

SETTINGS = ScreeningSettings(operating_point=OperatingPoint(noise_threshold_voxels=8))
SHAPE = (40, 16, 15)
"""A CT must have 40 mm along an axis at least."""


@pytest.fixture(scope="session")
def model() -> Model:
    return tiny_model()


@pytest.fixture(scope="session")
def cts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A CT with a bright cube, one without, and one that is cut off."""
    folder = tmp_path_factory.mktemp("originals")
    noise = np.random.default_rng(0).normal(0, 60, SHAPE).round().astype(np.int16)
    bright = noise.copy()
    bright[5:9, 5:9, 5:9] = 1500 + np.arange(64).reshape(4, 4, 4)
    paths = {"bright": save_ct(folder / "bright.nii.gz", bright), "dark": save_ct(folder / "dark.nii.gz", noise)}
    paths["cut"] = folder / "cut.nii.gz"
    paths["cut"].write_bytes(paths["bright"].read_bytes()[:800])
    return paths


def manifest_of(folder: Path, cts: dict[str, Path], kinds: Sequence[str]) -> list[ManifestCase]:
    """A file of its own for each case, named by its number and kind."""
    folder.mkdir(exist_ok=True)
    cases = []
    for number, kind in enumerate(kinds):
        path = folder / f"{number:05d}_{kind}.nii.gz"
        path.write_bytes(cts[kind].read_bytes())
        status = path.stat()
        cases.append(ManifestCase(path.name.removesuffix(".nii.gz"), str(path), status.st_size, int(status.st_mtime)))
    return cases


@pytest.fixture
def cases(tmp_path: Path, cts: dict[str, Path]) -> list[ManifestCase]:
    """Seven cases, the fourth cut off."""
    return manifest_of(tmp_path / "cts", cts, ["bright", "dark", "dark", "cut", "bright", "dark", "bright"])


@pytest.fixture
def batch(tmp_path: Path, cases: list[ManifestCase]) -> Path:
    """Their batch in shards of three."""
    prepare_batch(tmp_path / "batch", cases, 3, {}, {})
    return tmp_path / "batch"


def do_batch(batch: Path, model: Model, settings: ScreeningSettings = SETTINGS, retry_failed: bool = False) -> None:
    """Do all shards, one after the other."""
    backend = BrightnessBackend(model.ensemble)
    for shard in shards_of(batch):
        run_shard(shard, model, lambda: backend, settings, retry_failed=retry_failed)


def do_shard_and_die(shard: Shard, model: Model, starts: int | None = None, seconds: float = 0) -> bool:
    """Do a shard in a process, which is killed with -9 some time after it began so many cases, if it is told.

    Returns:
        Whether it was killed before its end.
    """
    backend = BrightnessBackend(model.ensemble)

    def do() -> None:
        # tqdm's own lock is one of all forked processes, and a killed one would keep it for ever.
        tqdm.set_lock(threading.RLock())
        run_shard(shard, model, lambda: backend, SETTINGS)

    # Forked, so that no time goes into imports.
    process = multiprocessing.get_context("fork").Process(target=do)
    before = cases_begun(shard)
    process.start()
    while process.is_alive() and (starts is None or cases_begun(shard) < before + starts):
        time.sleep(0.002)
    process.join(seconds)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def cases_begun(shard: Shard) -> int:
    return sum(event["event"] == "start" for event in read_journal(shard.journal))

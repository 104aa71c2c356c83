"""Measure how long the page of `annotate` takes to open a CT, and the memory of all its processes.

python -m benchmarks.annotate CT [--slices 1000] [--repeats 3]

CT is repeated along its slices up to `--slices`, written as `.nii.gz` and opened by the real command in Chromium.
Seconds run from the request of the page until the three views are drawn. Beside those of the clock, the seconds that
the processors worked are given for the command and for the browser: these depend less on what else runs. Memory is the
sum of the proportional set sizes of the command and the browser, sampled ten times per second; the largest is given.
Needs playwright and Chromium.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import psutil

INTERVAL = 0.1
"""Seconds between two samples of the memory."""

LONGEST = 300_000
"""Milliseconds that are waited for the page."""

SPACING_OF_REPEATED = 0.8
"""Distance of the repeated slices in mm."""


def write_repeated(source: Path, slices: int, target: Path) -> tuple[int, ...]:
    """Repeat a CT along its last axis, and return the shape."""
    image: Any = nibabel.load(source)
    voxels = np.asanyarray(image.dataobj).astype(np.int16)
    repeated = np.concatenate([voxels] * -(-slices // voxels.shape[2]), axis=2)[:, :, :slices]
    affine = image.affine.copy()
    affine[:3, 2] *= SPACING_OF_REPEATED / np.linalg.norm(affine[:3, 2])
    written = nibabel.Nifti1Image(repeated, affine)
    written.header.set_xyzt_units("mm")
    nibabel.save(written, target)
    return repeated.shape


@contextmanager
def command(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """The real command and the address that it prints."""
    arguments = ["annotate", "--images", str(folder), "-o", str(folder / "vertebrae.csv"), "--no-browser"]
    running = subprocess.Popen([sys.executable, "-m", "vf_nnunet", *arguments], stdout=subprocess.PIPE, text=True)
    if running.stdout is None:
        raise RuntimeError("no output")
    try:
        yield psutil.Process(running.pid), running.stdout.readline().strip()
    finally:
        running.terminate()
        running.wait()


class Memory:
    """The largest sum of the memory of processes while it is watched.

    Args:
        processes: Their parents.
    """

    def __init__(self, processes: list[psutil.Process]) -> None:
        self._processes = processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.largest = 0

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL):
            self.largest = max(self.largest, sum(map(memory, all_of(self._processes))))

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def memory(process: psutil.Process) -> int:
    """Proportional set size in bytes; 0 for a process that has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def all_of(parents: list[psutil.Process]) -> list[psutil.Process]:
    """The processes and those that they started."""
    return [process for parent in parents for process in (parent, *parent.children(recursive=True))]


def worked(parent: psutil.Process) -> float:
    """Seconds that processors worked for a process and those that it started."""
    times = [process.cpu_times() for process in all_of([parent])]
    return sum(time.user + time.system for time in times)


def opened(folder: Path) -> str:
    """Open the page of a folder with one CT, and say what it took."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with command(folder) as (served, url), sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        shown = browser_process()
        page = browser.new_page(viewport={"width": 1300, "height": 800})
        before = worked(served), worked(shown)
        with Memory([served, shown]) as largest:
            started = time.perf_counter()
            page.goto(url)
            page.wait_for_selector("body[data-state=ready]", timeout=LONGEST)
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            seconds = time.perf_counter() - started
            command_seconds, browser_seconds = worked(served) - before[0], worked(shown) - before[1]
        browser.close()
    return (
        f"{seconds:.1f} s; processors worked {command_seconds:.1f} s for the command and {browser_seconds:.1f} s for "
        f"the browser; {largest.largest / 1e9:.2f} GB"
    )


def browser_process() -> psutil.Process:
    """Chromium's first process among those of this one."""
    found = [process for process in psutil.Process().children(recursive=True) if "chrom" in process.name().lower()]
    return min(found, key=lambda process: process.create_time())


def main() -> None:
    """Print one line for each time the CT is opened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ct", type=Path)
    parser.add_argument("--slices", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "ct.nii.gz"
        shape = write_repeated(arguments.ct, arguments.slices, path)
        sys.stdout.write(f"{' x '.join(map(str, shape))} voxels, {path.stat().st_size / 1e6:.0f} MB\n")
        for _ in range(arguments.repeats):
            sys.stdout.write(opened(path.parent) + "\n")
            sys.stdout.flush()
            (path.parent / "vertebrae.csv").unlink(missing_ok=True)


if __name__ == "__main__":
    main()

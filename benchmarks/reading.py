"""Count the actions of an annotation, and the seconds that the page itself takes for them.

python -m benchmarks.reading CT --truth PATH [--propose SOURCE]

A script does in Chromium what a reader does who knows where the vertebrae are: it places, moves, removes and names
marks until each vertebra of `--truth` (masks, or an annotation that `convert` reads) has one with its level, and
grades each with 0. A click, a press of a key, a drag and a choice from a list are one action each. The script does
not look, think or aim: its seconds are what the page needs to answer and to save, and the least that a reading can
take. Those in which a model makes its proposals are given apart.
Needs playwright and Chromium.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.registry import read_case_annotations
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table

NEAR = 5.0
"""Distance in mm at which a mark lies well, and at which a slice is beside a vertebra's middle."""

RIGHT = 8.0
"""Largest distance in mm of a row that is right."""

REACH = 25.0
"""A proposal farther than this from all vertebrae in mm is of none of them."""

VIEW = """([point, plane]) => {
  const {scene, views} = annotate;
  const view = views.find((one) => one.plane === plane);
  const index = scene.volume.nearest(point);
  const box = view.canvas.getBoundingClientRect();
  const [x, y] = view.pixelOf(scene.volume, index);
  return [x + box.left, y + box.top];
}"""
CROSSHAIR = "() => annotate.scene.volume.toWorld(annotate.scene.crosshair)"
MARKS = "() => annotate.current.marks.map(({vertebra, x, y, z}) => [vertebra, x, y, z])"


class Reader:
    """Acts on the page and counts.

    Args:
        page: Playwright's page, ready.
        truth: The vertebrae from the head down.
    """

    def __init__(self, page: Any, truth: list[Vertebra]) -> None:
        self.page, self.truth = page, truth
        self.actions: Counter[str] = Counter()

    def key(self, name: str) -> None:
        """Press a key."""
        self.page.keyboard.press(name)
        self._count("keys")

    def at(self, point: tuple[float, float, float], plane: str = "sagittal") -> tuple[float, float]:
        """Where a point in LPS mm is in the window."""
        x, y = self.page.evaluate(VIEW, [list(point), plane])
        return x, y

    def show(self, point: tuple[float, float, float]) -> None:
        """Bring the sagittal slice to a point, if it is not there."""
        if abs(self.page.evaluate(CROSSHAIR)[0] - point[0]) > NEAR:
            self.page.keyboard.down("Shift")
            self.page.mouse.click(*self.at(point, "coronal"))
            self.page.keyboard.up("Shift")
            self._count("clicks")

    def click(self, point: tuple[float, float, float], button: Any = "left") -> None:
        """Click in the sagittal view."""
        self.page.mouse.click(*self.at(point), button=button)
        self._count("clicks")

    def drag(self, start: tuple[float, float, float], end: tuple[float, float, float]) -> None:
        """Drag a mark in the sagittal view."""
        self.page.mouse.move(*self.at(start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(end), steps=3)
        self.page.mouse.up()
        self._count("drags")

    def choose_lowest(self, level: str) -> None:
        """Name the lowest vertebra."""
        if self.page.input_value("#first") != level:
            self.page.select_option("#first", level)
            self._count("choices")

    def marks(self) -> list[tuple[str, tuple[float, float, float]]]:
        """What is marked."""
        return [(level, (x, y, z)) for level, x, y, z in self.page.evaluate(MARKS)]

    def nearest(self, point: tuple[float, float, float]) -> tuple[Vertebra, float]:
        """The vertebra that is nearest to a point, and its distance in mm."""
        found = min(self.truth, key=lambda one: apart(one.centroid, point))
        return found, apart(found.centroid, point)

    def _count(self, kind: str) -> None:
        self.actions[kind] += 1
        # The next action sees what this one did, as a reader does.
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def apart(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """Distance in mm."""
    return float(np.linalg.norm(np.subtract(one, other)))


def read_alone(reader: Reader) -> None:
    """Without proposals: from the lowest vertebra up, a click and a grade each."""
    reader.choose_lowest(reader.truth[-1].vertebra)
    for vertebra in reversed(reader.truth):
        reader.show(vertebra.centroid)
        reader.click(vertebra.centroid)
        reader.key("0")


def read_proposals(reader: Reader) -> None:
    """With proposals: accept all, mend what is wrong, and confirm one after another."""
    reader.key("Shift+A")
    for _, point in reader.marks():
        vertebra, distance = reader.nearest(point)
        if distance > REACH:
            reader.click(point, "right")
        elif distance > NEAR:
            mend(reader, point, vertebra)
    placed = [point for _, point in reader.marks()]
    reader.choose_lowest(max((reader.nearest(point)[0] for point in placed), key=lambda one: -one.z).vertebra)
    for vertebra in reversed(reader.truth):
        if all(apart(vertebra.centroid, point) > RIGHT for point in placed):
            reader.show(vertebra.centroid)
            reader.click(vertebra.centroid)
    reader.key("g")
    for _ in reader.truth:
        reader.key("y")


def mend(reader: Reader, point: tuple[float, float, float], vertebra: Vertebra) -> None:
    """Move a mark to its vertebra, or remove it if that has a mark."""
    others = [other for _, other in reader.marks() if other != point]
    if any(apart(vertebra.centroid, other) <= RIGHT for other in others):
        reader.click(point, "right")
    else:
        reader.show(vertebra.centroid)
        reader.drag(point, vertebra.centroid)


@contextmanager
def command(ct: Path, table: Path, propose: str | None) -> Iterator[str]:
    """The real command for one CT; yields its address."""
    images = table.parent / "images"
    images.mkdir(exist_ok=True)
    (images / ct.name).symlink_to(ct.absolute())
    options = [] if propose is None else ["--propose", propose]
    arguments = ["annotate", "--images", str(images), "-o", str(table), "--no-browser", *options]
    running = subprocess.Popen([sys.executable, "-m", "vf_nnunet", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield running.stdout.readline().strip() if running.stdout else ""
    finally:
        running.terminate()
        running.wait()


def read(ct: Path, truth_path: Path, propose: str | None) -> str:
    """Read a CT, and say what it took."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "vertebrae.csv"
        with command(ct, table, propose) as url, sync_playwright() as running:
            browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1300, "height": 800})
            page.set_default_timeout(600_000)
            page.goto(url)
            page.wait_for_selector("body[data-state=ready]")
            case = page.evaluate("() => annotate.current.name")
            reader = Reader(page, truth_of(truth_path, case, ct))
            waited = wait_for_proposals(page) if propose else 0.0
            started = time.perf_counter()
            (read_alone if propose is None else read_proposals)(reader)
            page.wait_for_selector("body[data-unsaved='0']")
            seconds = time.perf_counter() - started
            browser.close()
        return described(reader, read_vertebra_table(table), seconds, waited)


def wait_for_proposals(page: Any) -> float:
    """Seconds until they are there."""
    started = time.perf_counter()
    while not page.evaluate("() => annotate.current.proposals !== null"):
        time.sleep(0.1)
    return time.perf_counter() - started


def truth_of(path: Path, case: str, ct: Path) -> list[Vertebra]:
    """The vertebrae that are to be marked, from the head down."""
    found = read_case_annotations(path, {case: read_image_header(ct)}).by_case[case].vertebrae
    return sorted(found, key=lambda one: -one.z)


def described(reader: Reader, rows: list[Vertebra], seconds: float, waited: float) -> str:
    """The actions, and whether the table says what it should."""
    wanted = {one.vertebra: one.centroid for one in reader.truth}
    right = sum(
        row.grade == 0 and row.vertebra in wanted and apart(row.centroid, wanted[row.vertebra]) <= RIGHT for row in rows
    )
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(reader.actions.items()))
    return (
        f"{len(wanted)} vertebrae, {right} of {len(rows)} rows right: {reader.actions.total()} actions ({kinds}), "
        f"{seconds:.1f} s of the page; proposals after {waited:.0f} s"
    )


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ct", type=Path)
    parser.add_argument("--truth", type=Path, required=True)
    parser.add_argument("--propose", default=None)
    arguments = parser.parse_args()
    sys.stdout.write(read(arguments.ct, arguments.truth, arguments.propose) + "\n")


if __name__ == "__main__":
    main()

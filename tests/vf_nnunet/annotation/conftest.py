"""A server of the page in a thread, and the page in a real browser."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table
from tests.browser import running_browser
from vf_nnunet.annotation.address import Address
from vf_nnunet.annotation.consensus import Consensus
from vf_nnunet.annotation.desk import Desk
from vf_nnunet.annotation.proposals import ProposalSource
from vf_nnunet.annotation.serve import bind, serve
from vf_nnunet.annotation.session import AnnotationSession
from vf_nnunet.annotation.settings import AnnotationSettings

PATIENCE = 120_000
"""Milliseconds that a test waits for the page, also on a machine that is busy."""


@dataclass
class Served:
    """A running server and its table."""

    address: Address
    table: Path
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread

    def rows(self) -> list[Vertebra]:
        """What is saved."""
        return read_vertebra_table(self.table) if self.table.exists() else []

    def stop(self) -> None:
        """End the server as Ctrl+C does."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(_cancel_all, self.loop)
            self.thread.join()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()


Serve = Callable[..., Served]


@pytest.fixture
def serve_cts(tmp_path: Path) -> Iterator[Serve]:
    """Start servers; those that still run are ended."""
    running: list[Served] = []

    def start(
        cts: Mapping[str, Path], propose: ProposalSource | None = None, consensus: Consensus | None = None
    ) -> Served:
        table = tmp_path / "vertebrae.csv"
        session = AnnotationSession(table, "eva", cts)
        if consensus is not None:
            session.begin(consensus.marks)
        listening, address = bind(None, None)
        remarks = None if consensus is None else consensus.remarks
        desk = Desk(session, cts, address.token, AnnotationSettings(), propose, remarks)
        loops: list[asyncio.AbstractEventLoop] = []
        ready = threading.Event()

        def announce() -> None:
            loops.append(asyncio.get_running_loop())
            ready.set()

        def run() -> None:
            try:
                serve(desk, listening, announce)
            except asyncio.CancelledError:
                listening.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(PATIENCE / 1000)
        running.append(Served(address, table, loops[0], thread))
        return running[-1]

    yield start
    for served in running:
        served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for each module: Playwright runs once at a time in a process."""
    yield from running_browser()


@dataclass
class Page:
    """The page in a browser, and what it said."""

    page: Any
    messages: list[str] = field(default_factory=list)

    def ready(self) -> None:
        """Wait until a CT is shown."""
        self.page.wait_for_selector("body[data-state=ready]", timeout=PATIENCE)

    def saved(self) -> None:
        """Wait until everything is saved."""
        self.page.wait_for_selector("body[data-unsaved='0']", timeout=PATIENCE)

    def keys(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def pixel(self, index: list[int], plane: str = "sagittal") -> tuple[float, float]:
        """Where a voxel [x, y, z] of the canonical CT is in the window; its slice is shown.

        What was done before is drawn first, as for a reader: it can move the views.
        """
        self.drawn()
        found = self.page.evaluate(
            """([index, plane]) => {
              const {scene, views} = annotate;
              const view = views.find((one) => one.plane === plane);
              scene.crosshair = [...scene.crosshair];
              scene.crosshair[view.axes.depth] = index[view.axes.depth];
              const box = view.canvas.getBoundingClientRect();
              const [x, y] = view.pixelOf(scene.volume, index);
              return [x + box.left, y + box.top];
            }""",
            [index, plane],
        )
        return found[0], found[1]

    def click(self, index: list[int], plane: str = "sagittal", **options: Any) -> None:
        """Click at a voxel."""
        self.page.mouse.click(*self.pixel(index, plane), **options)

    def drag(self, start: list[int], end: list[int], plane: str = "sagittal") -> None:
        """Drag from a voxel to another one in the same slice."""
        self.page.mouse.move(*self.pixel(start, plane))
        self.page.mouse.down()
        self.page.mouse.move(*self.pixel(end, plane), steps=4)
        self.page.mouse.up()

    def drawn(self) -> None:
        """Wait until the page has drawn what was done; it draws once per frame."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def levels(self) -> list[str]:
        """The levels in the list, from the head down."""
        self.drawn()
        found: list[str] = self.page.eval_on_selector_all("#marks li", "all => all.map((one) => one.dataset.level)")
        return found

    def status(self) -> str:
        """What the page says."""
        self.drawn()
        return str(self.page.inner_text("#status"))


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Any) -> Iterator[OpenPage]:
    """Open pages; at the end, none of them has complained."""
    opened: list[Page] = []

    def start(url: str, ready: bool = True) -> Page:
        page = browser.new_page(viewport={"width": 1300, "height": 800})
        page.set_default_timeout(PATIENCE)
        seen = Page(page)
        page.on("console", lambda message: seen.messages.append(message.text))
        page.on("pageerror", lambda error: seen.messages.append(str(error)))
        page.goto(url)
        opened.append(seen)
        if ready:
            seen.ready()
        return seen

    yield start
    complaints = [message for seen in opened for message in seen.messages]
    for seen in opened:
        seen.page.close()
    assert complaints == []

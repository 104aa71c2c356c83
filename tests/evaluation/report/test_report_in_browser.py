"""The report in a real browser: it draws, sorts, complains about nothing and fetches nothing."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evaluation.evaluate import evaluate
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import Grades, MakeCohort

# WebGL 2 without a graphics card.
SOFTWARE_DRAWING = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]


@dataclass
class Opened:
    """A page and what it said and asked for since it was opened."""

    page: Any
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=program, args=SOFTWARE_DRAWING)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(make_shared_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings) -> Path:
    cohort = make_shared_cohort(mixed_grades)
    evaluate(cohort.maps, cohort.annotations, cohort.output, settings, cohort.images)
    path: Path = cohort.output / "report.html"
    return path


@pytest.fixture(scope="module")
def opened(browser: Any, report: Path) -> Opened:
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    seen = Opened(page)
    page.on("console", lambda message: seen.messages.append(message.text))
    page.on("pageerror", lambda error: seen.messages.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(report.as_uri())
    page.wait_for_selector("#viewer[data-state=ready]", timeout=60_000)
    return seen


def drawn(page: Any) -> np.ndarray:
    """The viewer's canvas as the reader sees it, (rows, columns, red green blue)."""
    page.wait_for_timeout(300)
    return np.asarray(Image.open(BytesIO(page.locator("#viewer canvas").screenshot())).convert("RGB")).astype(int)


def test_viewer_draws_ct_and_probability(opened: Opened) -> None:
    pixels = drawn(opened.page)
    grey = np.ptp(pixels, axis=2) < 10
    bright = pixels.max(axis=2) > 60
    assert (grey & bright).mean() > 0.05
    red, blue = pixels[..., 0], pixels[..., 2]
    assert np.any(blue > red + 20)
    assert np.any(red > blue + 20)


def test_another_vertebra_and_another_case_are_shown(opened: Opened) -> None:
    page = opened.page
    first = drawn(page)
    page.click("#viewer .levels [data-level=T12]")
    second = drawn(page)
    assert np.any(first != second)
    other = page.locator("#viewer [data-open]").nth(1)
    case_id = other.inner_text()
    other.click()
    page.wait_for_selector(f"#viewer [data-open={case_id}][aria-pressed=true]")
    page.wait_for_selector("#viewer[data-state=ready]")
    assert case_id in page.inner_text("#viewer .status")
    assert np.any(second != drawn(page))


def test_table_sorts_up_and_down(opened: Opened) -> None:
    page = opened.page
    table = page.locator("table.sortable", has=page.get_by_text("By grade:"))
    header = table.locator("thead button", has_text="Mean score")

    def column() -> list[float]:
        return [float(text) for text in table.locator("tbody td:nth-child(4)").all_inner_texts()]

    assert len(column()) == 4
    header.click()
    assert column() == sorted(column())
    header.click()
    assert column() == sorted(column(), reverse=True)
    assert len(set(column())) > 1
    # Fractures found: the row of grade 0 has none and stays below in both directions.
    for _ in range(2):
        table.locator("thead button", has_text="Fractures found").click()
        assert table.locator("tbody td:first-child").all_inner_texts()[-1] == "0"


def test_nothing_is_downloaded_and_no_message_appears(opened: Opened, report: Path) -> None:
    assert opened.messages == []
    local = [url for url in opened.requests if not url.startswith(("data:", "blob:"))]
    assert local == [report.as_uri()]


def test_browser_without_webgl_says_so(browser: Any, report: Path) -> None:
    page = browser.new_page()
    messages: list[str] = []
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.goto(report.as_uri())
    assert "WebGL 2" in page.inner_text("#viewer .status")
    assert messages == []

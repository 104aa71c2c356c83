"""The report in a real browser: it draws, sorts, complains about nothing and fetches nothing."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from evaluation.evaluate import evaluate
from evaluation.settings import EvaluationSettings
from tests.browser import SOFTWARE_DRAWING, Opened, open_page, running_browser
from tests.evaluation.conftest import Grades, MakeCohort


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from running_browser(*SOFTWARE_DRAWING)


@pytest.fixture(scope="module")
def report(make_shared_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings) -> Path:
    cohort = make_shared_cohort(mixed_grades)
    evaluate(cohort.maps, cohort.annotations, cohort.output, settings, cohort.images)
    path: Path = cohort.output / "report.html"
    return path


@pytest.fixture(scope="module")
def opened(browser: Any, report: Path) -> Opened:
    seen = open_page(browser, report)
    seen.page.wait_for_selector("#viewer[data-state=ready]")
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

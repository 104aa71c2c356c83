"""The worklist in a real browser: list, search, viewer, keys; it complains about nothing and fetches nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dataset_conversion.spine.files import write_json
from tests.browser import SOFTWARE_DRAWING, Opened, open_page, running_browser
from tests.vf_nnunet.screening.worklist.results import result, vertebra, write_files, write_result
from vf_nnunet.screening.failures import write_failures
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.growing_page import GrowingPage

EVIL = "<img src=x onerror=document.title='hacked'> #1%3F"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from running_browser(*SOFTWARE_DRAWING)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two positive cases, one of them with an evil name, two negative ones, one of them without volumes, one failed."""
    output = tmp_path_factory.mktemp("predictions")
    grades = {"normal": 0.1, "mild": 0.1, "moderate": 0.7, "severe": 0.1}
    fractured = vertebra("L1", 0.85, 0, grade_probabilities=grades, fracture_probability=0.91)
    unnamed = vertebra(None, 0.2, 2)
    findings = [
        {"centre_lps_mm": [1.0, 2.0, place], "volume_mm3": 900.0, "peak_probability": 0.9} for place in (200.0, 110.0)
    ]
    first = [fractured, vertebra("L2", 0.3, 1), unnamed, vertebra("L4", None, 3)]
    contents = [
        result("case_2", [], vertebrae=first, score=0.97, positive=True, findings=findings),
        result(EVIL, [0.7, 0.1], warnings=["<script>document.title='hacked'</script>", "tilted gantry"]),
        result("case_10", [0.1, 0.2]),
    ]
    for content in contents:
        write_json(output / f"{content['case_id']}.json", content)
        write_files(output, content)
    write_result(output, "case_3", [0.3, 0.1])
    write_failures(output, {"broken": ["broken.nii.gz: truncated; expected <whole> files"]})
    with GrowingPage(output):
        pass
    return output / "index.html"


@pytest.fixture
def opened(browser: Any, page: Path) -> Iterator[Opened]:
    """The page; at the end it has complained about nothing, and read only files beside it."""
    with watched(browser, page) as seen:
        yield seen


@contextmanager
def watched(browser: Any, page: Path, part: str = "") -> Iterator[Opened]:
    seen = open_page(browser, page, part=part)
    yield seen
    assert seen.messages == []
    assert seen.page.title() == f"Worklist: {page.parent.name}"
    allowed = (page.parent.as_uri(), "data:", "blob:")
    assert [url for url in seen.requests if not url.startswith(allowed)] == []
    seen.page.close()


def names(page: Any) -> list[str]:
    return [str(row.get_attribute("data-case")) for row in page.locator(".case").all()]


def wait_for(page: Any, condition: str = "ready") -> None:
    page.wait_for_selector(f"#viewer[data-state={condition}]")


def current(page: Any) -> list[str]:
    """The places that the viewer marks as shown."""
    return [text.split("\n")[0] for text in page.locator("#viewer .go[aria-current=true]").all_inner_texts()]


def drawn(page: Any) -> np.ndarray:
    """The viewer's canvas, (rows, columns, red green blue)."""
    canvas = page.locator("#viewer canvas").screenshot()
    return np.asarray(Image.open(BytesIO(canvas)).convert("RGB")).astype(int)


def test_cases_come_by_falling_score_and_failures_last(opened: Opened) -> None:
    page = opened.page
    assert names(page) == ["case_2", EVIL, "case_3", "case_10", "broken"]
    verdicts = page.locator(".case .verdict").all_inner_texts()
    assert verdicts == ["positive", "positive", "negative", "negative", "failed"]
    assert "truncated; expected <whole> files" in page.inner_text('[data-case="broken"]')
    page.select_option("#order", "name")
    assert names(page)[1:] == ["case_2", "case_3", "case_10", "broken"]
    page.select_option("#order", "lowest")
    assert names(page) == ["case_10", "case_3", EVIL, "case_2", "broken"]


def test_the_strip_shows_names_values_grades_and_what_is_not_evaluable(opened: Opened) -> None:
    cells = opened.page.locator('[data-case="case_2"] .vertebra')
    assert [text.split("\n") for text in cells.all_inner_texts()] == [
        ["L1", "0.91", "G2"],
        ["L2", "0.30"],
        ["#3", "0.20"],
        ["L4", "n/e"],
    ]
    colours = [cells.nth(number).evaluate("cell => getComputedStyle(cell).backgroundColor") for number in (0, 1)]
    (red, _, blue), (cold_red, _, cold_blue) = (map(int, colour[4:-1].split(",")) for colour in colours)
    assert red > blue + 60
    assert cold_blue > cold_red
    assert "third from below" in str(cells.nth(2).get_attribute("title"))
    assert "L4 not evaluable: cut by the border of the image" in opened.page.inner_text('[data-case="case_2"]')
    assert opened.page.locator('[data-case="case_2"] img').evaluate("image => image.naturalHeight") > 50


def test_filters_and_search(opened: Opened) -> None:
    page = opened.page
    counts = {str(one.get_attribute("data-filter")): one.inner_text() for one in page.locator("#filters button").all()}
    assert counts["failed"] == "failed (1)"
    shown = {}
    for name in counts:
        page.click(f"[data-filter={name}]")
        shown[name] = names(page)
    assert shown["positive"] == ["case_2", EVIL]
    assert shown["negative"] == ["case_3", "case_10"]
    assert (shown["unclear"], shown["warnings"], shown["failed"]) == (["case_2"], [EVIL], ["broken"])
    page.click("[data-filter=all]")
    page.keyboard.press("/")
    page.keyboard.type("tilted")
    assert names(page) == [EVIL]
    page.fill("#search", "CASE 1")
    assert names(page) == ["case_10"]
    assert page.inner_text("#count") == "1 of 5 cases"
    # What is shown survives a reload, as of a page that has grown.
    page.reload()
    assert names(page) == ["case_10"]


def test_a_case_opens_at_a_vertebra_and_its_neighbours_follow(opened: Opened) -> None:
    page = opened.page
    page.locator('[data-case="case_2"] .vertebra').nth(1).click()
    wait_for(page)
    assert current(page) == ["L2"]
    first = drawn(page)
    grey = np.ptp(first, axis=2) < 10
    assert (grey & (first.max(axis=2) > 60)).mean() > 0.05
    assert np.any(first[..., 0] > first[..., 2] + 60), "the map is not drawn"
    page.keyboard.press("ArrowUp")
    assert current(page) == ["L1"]
    assert "L1 · 500 HU, probability of fracture 0.90" in page.inner_text("#viewer .status")
    assert np.any(first != drawn(page))
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    assert current(page) == ["L4"]
    page.keyboard.press("n")
    assert current(page) == ["finding 1 at L1: peak 0.90, 0.9 cm³"]
    page.keyboard.press("n")
    assert current(page) == ["finding 2 at L4: peak 0.90, 0.9 cm³"]
    page.click("#viewer [data-vertebra='2']")
    assert current(page) == ["#3"]


@pytest.mark.slow
def test_the_address_opens_a_case_and_keys_alone_do_the_rest(browser: Any, page: Path) -> None:
    with watched(browser, page, part="case=case_10") as seen:
        wait_for(seen.page)
        assert seen.page.inner_text("#viewer .name") == "case_10"
        assert CaseFiles(page.parent, "case_10").volumes.as_uri() in seen.requests
        seen.page.keyboard.press("Escape")
        seen.page.evaluate("document.activeElement.blur()")
        read_with_keys(seen.page)


def read_with_keys(page: Any) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    wait_for(page)
    assert page.inner_text("#viewer .name") == EVIL
    coloured = np.ptp(drawn(page), axis=2).max()
    page.keyboard.press("m")
    assert page.get_attribute("#viewer .map", "aria-pressed") == "false"
    assert np.ptp(drawn(page), axis=2).max() < 60 < coloured
    page.keyboard.press("w")
    assert page.inner_text("#viewer .window") == "soft tissue"
    page.keyboard.press("z")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageUp")
    page.wait_for_function("document.querySelector('#viewer .name').textContent === 'case_2'")
    wait_for(page)
    # Each case is shown as the one before was.
    assert page.get_attribute("#viewer .map", "aria-pressed") == "false"
    page.keyboard.press("Escape")
    assert not page.locator("#viewer").is_visible()
    assert page.evaluate("document.activeElement.textContent") == "case_2"


def test_a_case_without_volumes_says_what_to_do(opened: Opened, page: Path) -> None:
    opened.page.click('[data-case="case_3"] .open')
    wait_for(opened.page, "failed")
    assert "vf_nnunet worklist DIR --images" in opened.page.inner_text("#viewer .status")
    opened.page.keyboard.press("ArrowDown")
    assert current(opened.page) == ["L1"]


def test_a_folder_without_the_files_beside_the_page(browser: Any, page: Path, tmp_path: Path) -> None:
    """The list can be read wherever the page is copied; the viewer says what is missing."""
    copied = tmp_path / "index.html"
    copied.write_bytes(page.read_bytes())
    seen = open_page(browser, copied)
    assert len(names(seen.page)) == 5
    seen.page.click('[data-case="case_2"] .open')
    wait_for(seen.page, "failed")
    assert "worklist/niivue.js is not beside this page" in seen.page.inner_text("#viewer .status")
    seen.page.close()


def test_a_browser_without_webgl_shows_the_list(browser: Any, page: Path) -> None:
    tab = browser.new_page()
    messages: list[str] = []
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    tab.goto(page.as_uri())
    assert len(names(tab)) == 5
    tab.click('[data-case="case_2"] .open')
    wait_for(tab, "failed")
    assert "WebGL 2" in tab.inner_text("#viewer .status")
    assert messages == []
    tab.close()

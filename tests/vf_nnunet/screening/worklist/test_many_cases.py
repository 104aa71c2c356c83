"""A thousand cases: the page stays small, and all of them can be reached."""

from pathlib import Path

import pytest

from benchmarks.worklist import grow
from tests.browser import SOFTWARE_DRAWING, open_page, running_browser

CASES = 1000
LARGEST_BYTES = 30_000_000


@pytest.mark.slow
def test_a_thousand_cases(tmp_path: Path) -> None:
    writes, _ = grow(tmp_path, CASES, writes_always=False)
    assert writes < CASES / 4
    path = tmp_path / "index.html"
    assert path.stat().st_size < LARGEST_BYTES
    for browser in running_browser(*SOFTWARE_DRAWING):
        seen = open_page(browser, path)
        rows = seen.page.locator(".case")
        assert 0 < rows.count() < CASES
        while rows.count() < CASES:
            shown = rows.count()
            seen.page.locator("#end").scroll_into_view_if_needed()
            seen.page.wait_for_function(f"document.querySelectorAll('.case').length > {shown}")
        texts = [text.split() for text in seen.page.locator("h2 .score").all_inner_texts()]
        scores = [float(value) for kind, value, *_ in texts if kind == "score"]
        assert len(scores) == CASES
        assert scores == sorted(scores, reverse=True)
        seen.page.fill("#search", "case_0987")
        assert rows.count() == 1
        assert seen.messages == []

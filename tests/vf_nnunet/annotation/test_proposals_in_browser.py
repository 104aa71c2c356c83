"""Proposals in a real browser: what is right is accepted, what is wrong is taken away, each in one action."""

from pathlib import Path

import numpy as np

from tests.vf_nnunet.annotation.conftest import OpenPage, Page, Serve, Served
from tests.vf_nnunet.annotation.images import write_ct
from tests.vf_nnunet.annotation.test_page_in_browser import ABOVE, FIRST, summary
from vf_nnunet.annotation.proposals import Proposal, ProposalSource

HEIGHTS = (45.0, 30.0, 15.0)


def opened(
    folder: Path, serve_cts: Serve, open_page: OpenPage, *levels: str | None, caution: str = ""
) -> tuple[Served, Page]:
    """A page with a proposal for each level, from the head down."""
    proposed = [Proposal((20.0, 25.0, z), level) for z, level in zip(HEIGHTS, levels, strict=True)]
    served = serve_cts({"a": write_ct(folder / "a.nii.gz")}, ProposalSource(lambda _: proposed, caution))
    page = open_page(served.address.url)
    page.page.get_by_text("3 proposals").wait_for()
    return served, page


def offered(page: Page) -> list[str | None]:
    page.drawn()
    found: list[str | None] = page.page.evaluate("annotate.scene.proposals.map((one) => one.vertebra)")
    return found


def test_proposals_are_accepted_or_moved(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served, page = opened(tmp_path, serve_cts, open_page, "L1", None, "L3")
    page.keys("a", "0")
    page.drag(ABOVE, [20, 31, 32])
    page.click(FIRST)
    page.keys("1")
    page.saved()
    rows = served.rows()
    assert summary(rows) == [("L1", 0), ("L2", None), ("L3", 1)]
    assert np.allclose([row.centroid for row in rows], [(20, 25, 45), (20, 31, 32), (20, 25, 15)], atol=0.1)
    page.keys("a")
    assert "no proposal left" in page.status()


def test_a_wrong_proposal_goes_with_one_action_and_stays_away(
    tmp_path: Path, serve_cts: Serve, open_page: OpenPage
) -> None:
    served, page = opened(tmp_path, serve_cts, open_page, "L1", "L2", "L3")
    page.keys("d")
    assert "L1 taken away. 2 proposals left" in page.status()
    page.click(ABOVE, button="right")
    assert offered(page) == ["L3"]
    page.keys("Control+z")
    assert offered(page) == ["L2", "L3"]
    page.keys("Shift+A")
    page.click(ABOVE, button="right")
    assert page.levels() == ["L3"]
    page.click(FIRST)
    page.keys("Delete")
    assert page.levels() == []
    # What was accepted and then removed is not offered again.
    assert offered(page) == []
    page.keys("u", "u", "u")
    assert page.levels() == []
    assert offered(page) == ["L2", "L3"]
    page.keys("Shift+U", "Shift+U")
    assert page.levels() == ["L3"]
    page.keys("Control+z", "Shift+D")
    page.saved()
    assert summary(served.rows()) == [("L2", None), ("L3", None)]


def test_all_are_accepted_and_taken_back_as_one(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served, page = opened(tmp_path, serve_cts, open_page, "L1", "L2", "L3")
    page.keys("Shift+A")
    page.saved()
    assert summary(served.rows()) == [("L1", None), ("L2", None), ("L3", None)]
    page.keys("Control+z")
    page.saved()
    assert len(served.table.read_text(encoding="utf-8").splitlines()) == 1  # the header
    assert offered(page) == ["L1", "L2", "L3"]
    page.keys("Shift+D")
    assert offered(page) == []
    page.keys("Control+z")
    assert offered(page) == ["L1", "L2", "L3"]


def test_proposals_without_names_count_from_the_lowest(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    served, page = opened(tmp_path, serve_cts, open_page, None, None, None)
    assert offered(page) == ["L3", "L4", "L5"]
    page.click(FIRST, button="right")
    assert offered(page) == ["L4", "L5"]
    page.page.select_option("#first", "L1")
    assert offered(page) == ["T12", "L1"]
    page.keys("a", "0", "a", "0")
    assert page.levels() == ["T12", "L1"]
    page.page.select_option("#first", "L4")
    page.saved()
    assert summary(served.rows()) == [("L3", 0), ("L4", 0)]


def test_names_of_proposals_follow_those_of_the_reader(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    _, page = opened(tmp_path, serve_cts, open_page, "T12", "L2", "L3")
    page.keys("a", "f")
    assert page.levels() == ["T13"]
    assert offered(page) == ["L2", "L3"]
    page.keys("f")
    assert page.levels() == ["L1"]
    assert offered(page) == ["L3", "L4"]


def test_the_page_says_what_to_know_of_the_proposals(tmp_path: Path, serve_cts: Serve, open_page: OpenPage) -> None:
    _, page = opened(tmp_path, serve_cts, open_page, "L1", "L2", "L3", caution="Trained on <phantoms> only.")
    assert page.page.inner_text("#caution") == "Trained on <phantoms> only."

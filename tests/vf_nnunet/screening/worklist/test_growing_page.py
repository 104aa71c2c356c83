"""The page while a batch runs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.vf_nnunet.screening.worklist.results import result, write_result
from vf_nnunet.screening.failures import write_failures
from vf_nnunet.screening.worklist.growing_page import GrowingPage, results_in
from vf_nnunet.screening.worklist.page import Progress, write_page


def shown(output: Path) -> dict[str, dict[str, Any]]:
    """The entries of the page by case."""
    text = (output / "index.html").read_text(encoding="utf-8")
    found = re.search(r'id="entries">(.*?)</script>', text, re.DOTALL)
    assert found
    return {entry["case"]: entry for entry in json.loads(found[1])}


def test_it_begins_with_the_results_that_are_there_and_takes_in_others(tmp_path: Path) -> None:
    write_result(tmp_path, "a", [0.9])
    write_failures(tmp_path, {"c": ["c.nii.gz: truncated"]})
    with GrowingPage(tmp_path, Progress(1, 3)) as page:
        assert sorted(shown(tmp_path)) == ["a", "c"]
        assert "1 of 3 CTs done" in (tmp_path / "index.html").read_text(encoding="utf-8")
        write_result(tmp_path, "b", [0.2])
        page.finished("b")
        write_failures(tmp_path, {})
        write_result(tmp_path, "c", [0.4])
        page.finished("c")
    assert {case: entry["score"] for case, entry in shown(tmp_path).items()} == {"a": 0.9, "b": 0.2, "c": 0.4}
    assert "CTs done" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_case_that_is_done_again_and_fails_is_a_failure(tmp_path: Path) -> None:
    write_result(tmp_path, "a", [0.9])
    with GrowingPage(tmp_path, Progress(0, 1)) as page:
        (tmp_path / "a.json").unlink()
        write_failures(tmp_path, {"a": ["a.nii.gz: truncated"]})
        page.finished("a")
    assert shown(tmp_path) == {"a": {"case": "a", "failure": ["a.nii.gz: truncated"]}}


def test_a_result_that_cannot_be_shown_is_a_failure_with_its_reason(tmp_path: Path) -> None:
    content = result("a", [0.9])
    content["findings"] = [{}]
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with GrowingPage(tmp_path) as page:
        pass
    assert "not a whole result" in page.problems[0]
    assert shown(tmp_path)["a"]["failure"] == page.problems


def test_it_is_written_after_an_interruption(tmp_path: Path) -> None:
    def interrupted() -> None:
        with GrowingPage(tmp_path, Progress(0, 2)):
            write_result(tmp_path, "a", [0.9])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert shown(tmp_path) == {}
    assert "0 of 2 CTs done" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_writes_take_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each write takes 1 s here, and each case 20 s: with 2% of the time, every third case is followed by one."""
    clock = [0.0]
    written = []

    def slow_write(*arguments: Any) -> None:
        clock[0] += 1.0
        written.append(clock[0])
        write_page(*arguments)

    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("vf_nnunet.screening.worklist.growing_page.write_page", slow_write)
    write_result(tmp_path, "a", [0.9])
    with GrowingPage(tmp_path, Progress(0, 30)) as page:
        for _ in range(30):
            clock[0] += 20.0
            page.finished("a")
    assert len(written) == 1 + 10 + 1
    assert list(shown(tmp_path)) == ["a"]


def test_other_files_are_no_results(tmp_path: Path) -> None:
    write_result(tmp_path, "b", [0.9])
    write_result(tmp_path, "a", [0.9])
    write_failures(tmp_path, {"c": ["reason"]})
    (tmp_path / "passed_over.json").write_text("{}", encoding="utf-8")
    (tmp_path / "dataset.json").write_text("[]", encoding="utf-8")
    assert results_in(tmp_path) == ["a", "b"]

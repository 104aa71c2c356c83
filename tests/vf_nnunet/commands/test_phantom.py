"""The options of the command `phantom`; cohorts are tested in their package."""

from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.phantom.cohort.presets import BODY, SPINE
from dataset_conversion.phantom.cohort.varied import VARIED
from vf_nnunet.cli import main


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The calls of `write_cohort`, which writes nothing."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        "dataset_conversion.phantom.write_cohort", lambda *arguments, processes: calls.append((*arguments, processes))
    )
    return calls


def test_the_papers_cohort_is_ninety_bodies(written: list[tuple[Any, ...]], tmp_path: Path) -> None:
    assert main(["phantom", "-o", str(tmp_path), "--cohort", "paper", "--seed", "3", "-np", "1"]) == 0
    assert written == [(tmp_path, 90, 3, BODY, 1)]


def test_small_crops_are_asked_for_by_their_field_of_view(written: list[tuple[Any, ...]], tmp_path: Path) -> None:
    assert main(["phantom", "-o", str(tmp_path), "--cases", "4", "--field-of-view", "spine"]) == 0
    assert written == [(tmp_path, 4, 1, SPINE, 2)]


def test_the_papers_cohort_of_small_crops_is_refused(
    written: list[tuple[Any, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phantom", "-o", str(tmp_path), "--cohort", "paper", "--field-of-view", "spine"]) == 2
    assert "--cohort paper: --field-of-view is spine; expected body" in capsys.readouterr().err
    assert written == []


def test_the_papers_cohort_takes_no_number_of_cases(
    written: list[tuple[Any, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phantom", "-o", str(tmp_path), "--cohort", "paper", "--cases", "4"]) == 2
    assert "--cohort paper: --cases is 4; expected no --cases" in capsys.readouterr().err
    assert written == []


def test_the_varied_cohort_takes_a_number_of_cases(written: list[tuple[Any, ...]], tmp_path: Path) -> None:
    assert main(["phantom", "-o", str(tmp_path), "--cohort", "varied", "--cases", "4"]) == 0
    assert main(["phantom", "-o", str(tmp_path), "--cohort", "varied"]) == 0
    assert written == [(tmp_path, 4, 1, VARIED, 2), (tmp_path, 20, 1, VARIED, 2)]


def test_the_varied_cohort_takes_no_field_of_view(
    written: list[tuple[Any, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phantom", "-o", str(tmp_path), "--cohort", "varied", "--field-of-view", "body"]) == 2
    assert "--cohort varied: --field-of-view is body; expected none" in capsys.readouterr().err
    assert written == []

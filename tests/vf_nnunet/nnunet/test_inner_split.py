"""The inner validation is drawn from the training cases only."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vf_nnunet.nnunet.inner_split import INNER_SPLITS_FILE, inner_validation_cases

CASES = [f"case_{number:02d}" for number in range(20)]


def test_fifteen_per_cent_seeded_and_without_regard_to_order(tmp_path: Path) -> None:
    chosen, how = inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=1)
    assert len(chosen) == 3
    assert how.startswith("drawn by cases, blind to patients")
    assert chosen == inner_validation_cases(tmp_path, 0, CASES[::-1], 0.15, seed=1)[0]
    assert chosen != inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=2)[0]


@given(st.integers(2, 20), st.floats(0.01, 0.99))
def test_both_parts_keep_a_case(count: int, fraction: float) -> None:
    chosen, _ = inner_validation_cases(Path("nowhere"), "all", CASES[:count], fraction, seed=1)
    assert 0 < len(chosen) < count
    assert set(chosen) < set(CASES[:count])


def test_the_converters_choice_is_taken(tmp_path: Path) -> None:
    (tmp_path / INNER_SPLITS_FILE).write_text(json.dumps([["case_05", "case_01"], ["case_02"]]))
    chosen, how = inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=1)
    assert chosen == ["case_01", "case_05"]
    assert how == "as splits_inner.json has them"


def test_a_choice_that_does_not_fit_the_fold_is_not_taken(tmp_path: Path) -> None:
    """With other folds than the converter's, its inner cases might be outer ones."""
    (tmp_path / INNER_SPLITS_FILE).write_text(json.dumps([["case_05", "outer"]]))
    chosen, how = inner_validation_cases(tmp_path, 0, CASES, 0.15, seed=1)
    assert "outer" not in chosen
    assert "no splits_inner.json fits the fold" in how

"""What is not predicted is recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.passed_over import PassedOver
from vf_nnunet.screening.passed_over import record_passed_over


def recorded(output: Path) -> Any:
    return json.loads((output / "passed_over.json").read_text(encoding="utf-8"))


def test_the_record_of_what_was_passed_over(tmp_path: Path) -> None:
    """It is renewed for the folder that was searched and kept for others."""
    first, second = tmp_path / "first", tmp_path / "second"
    record_passed_over(first, tmp_path, [PassedOver(first / "a.pdf", "not an image")])
    record_passed_over(second, tmp_path, [PassedOver(second / "b.pdf", "not an image")])
    assert recorded(tmp_path) == {str(first / "a.pdf"): "not an image", str(second / "b.pdf"): "not an image"}
    record_passed_over(first, tmp_path, [])
    assert recorded(tmp_path) == {str(second / "b.pdf"): "not an image"}
    record_passed_over(second, tmp_path, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["{", "5"])
def test_another_file_is_not_replaced_by_the_record(tmp_path: Path, content: str) -> None:
    (tmp_path / "passed_over.json").write_text(content)
    with pytest.raises(InputError, match=r"passed_over\.json: cannot be read"):
        record_passed_over(tmp_path / "in", tmp_path, [])
    assert (tmp_path / "passed_over.json").read_text() == content

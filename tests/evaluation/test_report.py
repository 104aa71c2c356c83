import pytest

from evaluation.report import _interval, _number, _percent, _rate


def test_missing_numbers_are_said_to_be_missing() -> None:
    assert _number(None) == _percent(None) == _interval(None) == _rate(None) == "n/a"
    assert _rate({"estimate": None, "low": None, "high": None, "count": 0, "total": 0}) == "n/a"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_number(0.12345), "0.123"),
        (_percent(0.905), "90.5%"),
        (_interval([0.5, 0.75]), "0.500 to 0.750"),
        (_rate({"estimate": 0.5, "low": 0.1, "high": 0.9, "count": 2, "total": 4}), "50.0%\n2 of 4\n10 to 90%"),
    ],
)
def test_numbers_are_rounded(text: str, expected: str) -> None:
    assert text == expected

import pytest

from evaluation.report.html import (
    _interval,
    _number,
    _p_value,
    _percent,
    _percent_interval,
    _percent_limits,
    _rate,
    _signed,
)


def test_missing_numbers_are_shown_as_missing() -> None:
    assert _number(None) == _p_value(None) == _percent(None) == _interval(None) == _rate(None) == "n/a"
    assert _signed(None) == _percent_limits(None) == "n/a"
    assert _rate({"estimate": None, "low": None, "high": None, "count": 0, "total": 0}) == "n/a\n0 of 0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_number(0.12345), "0.123"),
        (_number(2.0, 1), "2.0"),
        (_p_value(0.0009), "< 0.001"),
        (_p_value(0.001), "0.001"),
        (_p_value(0.25), "0.250"),
        (_percent(0.905), "90.5%"),
        (_interval([0.5, 0.75]), "0.500 to 0.750"),
        (_interval([0.5, 0.75], 1), "0.5 to 0.8"),
        (_percent_limits([0.9, 0.9755]), "90.0 to 97.5%"),
        (_signed(0.0042), "+0.004"),
        (_signed(-0.25), "-0.250"),
        (_percent_interval([0.5, 0.755]), "50 to 76%"),
        (_rate({"estimate": 0.5, "low": 0.1, "high": 0.9, "count": 2, "total": 4}), "50.0%\n2 of 4\n10 to 90%"),
    ],
)
def test_numbers_are_rounded(text: str, expected: str) -> None:
    assert text == expected

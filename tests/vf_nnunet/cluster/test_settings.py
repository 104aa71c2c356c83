import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.settings import parse_extra, parse_minutes


@given(days=st.integers(0, 40), hours=st.integers(0, 23), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_minutes_round_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    total = ((days * 24 + hours) * 60 + minutes) + (seconds > 0)
    text = f"{days}-{hours:02d}:{minutes:02d}:{seconds:02d}"
    if total:
        assert parse_minutes(text) == total
    else:
        with pytest.raises(InputError, match="a minute or more"):
            parse_minutes(text)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("1:30", 2), ("12:00:00", 720), ("2-0", 2880), ("1-12:30", 2190), ("0:59", 1), ("300:00", 300)],
)
def test_forms_of_a_time_limit(text: str, minutes: int) -> None:
    assert parse_minutes(text) == minutes


@pytest.mark.parametrize("text", ["", "x", "-5", "1h", "1:2:3:4", "1-2-3", "1.5", "infinite"])
def test_no_time_limit(text: str) -> None:
    with pytest.raises(InputError, match="expected a time limit such as"):
        parse_minutes(text)


def test_extra_parameters() -> None:
    values = ["account=lab", "--mail-type=END", "exclusive", "comment=a=b"]
    assert parse_extra(values) == {"account": "lab", "mail_type": "END", "exclusive": "", "comment": "a=b"}
    with pytest.raises(InputError) as raised:
        parse_extra(["=x", "qos=1", "--qos=2"])
    assert raised.value.problems == ("=x: expected NAME=VALUE", "qos: given twice")

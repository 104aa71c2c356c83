import pickle

from dataset_conversion.errors import ConversionError


def test_message_has_one_line_per_finding() -> None:
    error = ConversionError(["a.csv: one", "a.csv: two"])
    assert str(error) == "a.csv: one\na.csv: two"
    assert error.findings == ("a.csv: one", "a.csv: two")


def test_a_single_string_is_one_finding() -> None:
    assert ConversionError("only").findings == ("only",)


def test_findings_survive_pickling() -> None:
    copy = pickle.loads(pickle.dumps(ConversionError(["one", "two"])))
    assert copy.findings == ("one", "two")

from evaluation.errors import EvaluationError


def test_one_line_for_each_finding() -> None:
    error = EvaluationError(["first", "second"])
    assert str(error) == "first\nsecond"
    assert error.findings == ("first", "second")
    assert EvaluationError("only").findings == ("only",)
    assert isinstance(error, ValueError)

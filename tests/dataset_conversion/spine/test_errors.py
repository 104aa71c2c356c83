import pickle

import pytest

from dataset_conversion.spine.errors import InputError, error_lines, first_line, read_all, shortened_list


def test_message_has_one_line_for_each_problem() -> None:
    error = InputError(["a.csv: one", "a.csv: two"])
    assert str(error) == "a.csv: one\na.csv: two"
    assert error.problems == ("a.csv: one", "a.csv: two")


def test_a_single_string_is_one_problem() -> None:
    assert InputError("only").problems == ("only",)


def test_problems_survive_pickling() -> None:
    copy = pickle.loads(pickle.dumps(InputError(["one", "two"])))
    assert copy.problems == ("one", "two")


def even_only(number: int) -> list[int]:
    if number % 2:
        raise InputError([f"{number} is odd", "expected even"])
    return [number, number]


def test_results_of_all_parts() -> None:
    assert read_all([("one", 2), ("two", 4)], even_only) == [2, 2, 4, 4]
    assert read_all([], even_only) == []


def test_problems_of_all_parts_carry_their_names() -> None:
    with pytest.raises(InputError) as caught:
        read_all([("a", 1), ("b", 2), ("c", 3)], even_only)
    assert caught.value.problems == ("a: 1 is odd", "a: expected even", "c: 3 is odd", "c: expected even")


def test_long_texts_are_shortened_to_one_line() -> None:
    assert first_line("\n  short\nsecond line\n") == "short"
    assert first_line("") == ""
    long = first_line("x" * 5000)
    assert (len(long), long[-3:]) == (120, "...")


def test_long_lists_say_how_many_more_there_are() -> None:
    assert shortened_list([]) == ""
    assert shortened_list(["a", "b", "c"]) == "a, b, c"
    assert shortened_list([str(number) for number in range(40)], 2, "; ") == "0; 1 and 38 more"


def test_a_very_long_line_keeps_its_file_and_its_remedy() -> None:
    line = error_lines("vf_nnunet predict", InputError(f"a.nii.gz: {'x' * 5000}; expected a CT"))
    assert line.startswith("vf_nnunet predict: a.nii.gz: xxx")
    assert line.endswith("xxx; expected a CT\n")
    assert " [...] " in line
    assert len(line) < 550
    assert error_lines("p", InputError("y" * 400)) == f"p: {'y' * 400}\n"

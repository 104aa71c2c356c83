import pytest

from dataset_conversion.readers.file_per_case import Marker
from dataset_conversion.readers.formats.slicer_markers import read_axes, to_marker
from dataset_conversion.spine.errors import InputError

LPS = (1, 1, 1)


@pytest.mark.parametrize(
    ("system", "axes"), [("LPS", (1, 1, 1)), ("1", (1, 1, 1)), ("RAS", (-1, -1, 1)), ("0", (-1, -1, 1))]
)
def test_either_handedness(system: str, axes: tuple[int, int, int]) -> None:
    assert read_axes(system) == axes
    assert to_marker("L1", "", (1.0, 2.0, 3.0), axes).point == (axes[0] * 1.0, axes[1] * 2.0, 3.0)


@pytest.mark.parametrize("system", ["", "IJK", "2", "lps"])
def test_other_coordinate_systems(system: str) -> None:
    with pytest.raises(InputError, match=f"coordinate system is '{system}'; expected LPS or RAS"):
        read_axes(system)


@pytest.mark.parametrize(
    ("label", "description", "grade", "shape"),
    [
        ("L1", "", None, None),
        ("L1:2", "", 2, None),
        ("L1:2:wedge", "", 2, "wedge"),
        ("L1", "2", 2, None),
        ("L1", "grade 2 wedge", 2, "wedge"),
        ("L1:2", "2 wedge", 2, "wedge"),
        ("L1:2:wedge", "grade 2", 2, "wedge"),
        ("L1:2", "old", 2, None),
    ],
)
def test_the_label_can_contain_the_grade(label: str, description: str, grade: int | None, shape: str | None) -> None:
    assert to_marker(label, description, (1.0, 2.0, 3.0), LPS) == Marker((1.0, 2.0, 3.0), "L1", grade, shape)


@pytest.mark.parametrize(
    ("label", "description", "words"),
    [("F-1", "", "vertebra is 'F-1'"), ("L1:2", "3", "expected one grade"), ("L1", "grade 7", "grade is '7'")],
)
def test_contradictions_are_refused(label: str, description: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        to_marker(label, description, (1.0, 2.0, 3.0), LPS)

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.naming.known_levels import check_centres, check_known, check_room
from evaluation.naming.settings import NamingSettings
from tests.evaluation.naming.model_chain import average_chain

SETTINGS = NamingSettings()


def test_names_are_read_as_everywhere() -> None:
    assert check_known(5, "l5", "L01") == ("L5", "L1")
    assert check_known(3, None, "Th9") == (None, "T9")
    assert check_known(3, None, None) == (None, None)


@pytest.mark.parametrize(
    ("count", "lowest", "highest", "message"),
    [
        (3, "S1", None, r"lowest vertebra: 'S1'; expected a level from C1 to L6"),
        (3, "pelvis", "T14", r"highest vertebra: 'T14'; expected .*\nlowest vertebra: 'pelvis'; expected"),
        (3, "C2", None, r"lowest vertebra C2: 3 vertebrae found; expected at most 2"),
        (5, None, "L3", r"highest vertebra L3: 5 vertebrae found; expected at most 4"),
        (14, "L5", "T1", r"highest vertebra T1 and lowest vertebra L5: 14 .*; expected 16 or 17 or 18"),
        (4, "L5", "L1", r"highest vertebra L1 and lowest vertebra L5: 4 vertebrae found; expected 5$"),
        (2, "T1", "L5", r"expected the highest above the lowest"),
        (0, "T1", "L5", r"^highest vertebra L5 and lowest vertebra T1; expected the highest above the lowest$"),
    ],
)
def test_contradictions_name_the_values(count: int, lowest: str | None, highest: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_known(count, lowest, highest)


@pytest.mark.parametrize("count", [16, 17, 18])
def test_eleven_to_thirteen_thoracic_levels_fit(count: int) -> None:
    assert check_known(count, "L5", "T1") == ("L5", "T1")


def test_no_vertebrae_contradict_nothing() -> None:
    assert check_known(0, "L5", None) == ("L5", None)


def test_an_image_too_low_for_the_known_levels() -> None:
    """From T1 to L5 there are 16 vertebrae or more, which need 15 distances of 8 mm."""
    check_room(120.0, "L5", "T1", SETTINGS)
    message = "^highest vertebra T1 and lowest vertebra L5: an image 119 mm high; expected at least 120 mm for 16 vert"
    with pytest.raises(InputError, match=message):
        check_room(119.0, "l5", "Th1", SETTINGS)
    for lowest, highest in (("L5", None), (None, "T1"), (None, None)):
        check_room(1.0, lowest, highest, SETTINGS)


@pytest.mark.parametrize(
    ("centres", "message"),
    [
        (np.zeros((3, 2)), r"shape \(3, 2\); expected \(n, 3\)"),
        (np.array([[0, 0, np.nan]]), "finite"),
        (average_chain("T9", "L5")[::-1], r"the first at z = .*; expected centres from the top down"),
        (average_chain("T9", "L5") / 40, r"0\.\d mm apart; expected 8 to 80 mm"),
        (np.array([[0.0, 0, 0], [0, 0, -30], [0, 0, -30]]), r"two vertebrae at LPS \[0.0, 0.0, -30.0\] mm"),
        (np.cumsum(np.full((27, 3), -20.0), axis=0), "27 vertebrae; expected at most 26"),
    ],
)
def test_centres_that_are_no_chain(centres: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_centres(centres, SETTINGS)


def test_a_list_and_no_centres() -> None:
    assert check_centres(np.array([]), SETTINGS).shape == (0, 3)
    assert check_centres([[0, 0, 0], [0, 0, -30]], SETTINGS).shape == (2, 3)  # type: ignore[arg-type]

from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.localisation.settings import DEFAULT_SETTINGS, LocalisationSettings


def test_default_limits_contain_every_spacing_of_the_anatomy() -> None:
    assert DEFAULT_SETTINGS.least_spacing < 15.0
    assert DEFAULT_SETTINGS.most_spacing > 45.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"smoothing": 0.0},
        {"least_height": 1.0},
        {"most_tilt": 90.0},
        {"most_missed": -1},
        {"most_peaks": 0},
        {"missed_cost": -1.0},
        {"spacing_deviation": 0.0},
    ],
)
def test_impossible_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        LocalisationSettings(**wrong)


def test_spacings_have_to_ascend() -> None:
    with pytest.raises(InputError, match=r"least_spacing is 48\.0; expected less than 48\.0"):
        LocalisationSettings(least_spacing=48.0)

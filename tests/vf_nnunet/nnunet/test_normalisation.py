"""The entries of the plans for each normalisation."""

import pytest

from vf_nnunet.nnunet.names import Normalisation
from vf_nnunet.nnunet.normalisation import (
    CLIPPED,
    SCHEMES,
    STATISTICS,
    WINDOW_SCALE,
    Z_SCORE,
    IntensityScale,
    plan_intensities,
    used_statistics,
)

FOUND = {"mean": 113.0, "std": 66.0, "percentile_00_5": -20.0, "percentile_99_5": 455.0, "median": 110.0}
LABELLED = IntensityScale(113.0, 66.0, -20.0, 455.0)


@pytest.mark.parametrize(
    ("normalisation", "scheme", "scale"),
    [
        (Normalisation.IMAGE, Z_SCORE, None),
        (Normalisation.WINDOW, CLIPPED, WINDOW_SCALE),
        (Normalisation.FOREGROUND, CLIPPED, LABELLED),
    ],
)
def test_one_channel(normalisation: Normalisation, scheme: str, scale: IntensityScale | None) -> None:
    """Whatever its name, as it is the CT."""
    planned = plan_intensities(normalisation, {"0": "image"}, {"0": FOUND})
    assert planned.schemes == [scheme]
    assert planned.scales == (scale,)
    assert (planned.statistics["0"] == FOUND) == (normalisation is not Normalisation.WINDOW)


def test_further_channels_have_other_units() -> None:
    names = {"10": "ct", "0": "CT", "1": "PET", **{str(number): "PET" for number in range(2, 10)}}
    planned = plan_intensities(Normalisation.WINDOW, names, dict.fromkeys(names, FOUND))
    assert planned.schemes == [CLIPPED, *[Z_SCORE] * 9, CLIPPED]
    assert planned.scales == (WINDOW_SCALE, *[None] * 9, WINDOW_SCALE)
    assert planned.statistics["1"] == FOUND


def test_only_numbers_that_are_used_are_compared() -> None:
    plans = {"configurations": {"3d": {SCHEMES: [CLIPPED, Z_SCORE]}}, STATISTICS: {"0": FOUND, "1": FOUND}}
    assert used_statistics(plans, "3d") == {"0": LABELLED.to_statistics()}
    assert used_statistics({**plans, "configurations": {"3d": {SCHEMES: [Z_SCORE]}}}, "3d") == {}
    assert used_statistics({}, "3d") == {}
    assert used_statistics({"configurations": plans["configurations"]}, "3d")["0"]["mean"] is None


def test_which_scales_leave_hounsfield_units_whole() -> None:
    assert WINDOW_SCALE.keeps_hounsfield_units
    assert IntensityScale(5.0, 2.0).keeps_hounsfield_units
    assert not LABELLED.keeps_hounsfield_units
    assert WINDOW_SCALE.raises_to_air
    assert LABELLED.raises_to_air
    assert not IntensityScale(5.0, 2.0).raises_to_air


def test_no_division_by_zero() -> None:
    assert IntensityScale.from_statistics({**FOUND, "std": 0.0}, "plans").deviation == 1e-8

"""Each rule by itself: of two series that differ in one thing, which is taken and what is said of the other."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_conversion.images.dicom.details import Details
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.images.studies.choice import choose
from dataset_conversion.images.studies.fitness import unfit_reason
from dataset_conversion.images.studies.found_series import FoundSeries

AXIAL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
SAGITTAL = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])


def series(
    uid: str, count: int = 40, step: float = 5.0, steps: np.ndarray = AXIAL, side: int = 200, **details: Any
) -> FoundSeries:
    normal = np.cross(*steps)
    return FoundSeries(
        [
            Slice(
                path=Path(f"{uid}_{number}"),
                series=uid,
                description="",
                modality="CT",
                patient="",
                localiser=False,
                samples=1,
                frames=1,
                size=(side, side),
                steps=steps,
                position=number * step * normal,
                rescale=(1.0, -1024.0),
                details=Details(**{"thickness": step, **details}),
            )
            for number in range(count)
        ]
    )


@pytest.mark.parametrize(
    ("worse", "better", "reason", "merit"),
    [
        ({"steps": SAGITTAL}, {}, "not axial", "axial"),
        ({"image_type": ("DERIVED", "SECONDARY")}, {}, "derived from another series", "original"),
        ({"side": 60}, {}, "60 mm wide, the chosen series 200", "200 mm wide"),
        ({"count": 30}, {}, "150 mm long, the chosen series 200", "200 mm long"),
        ({"step": 5.0}, {"count": 66, "step": 3.0}, "slices of 5 mm, the chosen series 3", "slices of 3 mm"),
        # A step of 1 mm with slices of 3 mm is no thin series.
        (
            {"count": 200, "step": 1.0, "thickness": 3.0},
            {"count": 200, "step": 1.0},
            "slices of 3 mm, the chosen",
            "1 mm",
        ),
        ({"kernel": "BONE"}, {}, "sharp kernel BONE, the chosen series unknown kernel", "unknown kernel"),
        ({}, {"kernel": "STANDARD"}, "unknown kernel, the chosen series soft kernel STANDARD", "soft kernel STANDARD"),
        ({"contrast": "Iohexol"}, {}, "with contrast medium, the chosen series without", "without contrast medium"),
        ({"count": 38}, {}, "fewer slices", "most slices"),
        ({"series_number": 3}, {"series_number": 2}, "a later series that is as good as the chosen", "first of equals"),
        # Coverage goes before thickness, and thickness before the kernel.
        ({"count": 100, "step": 1.0}, {}, "100 mm long, the chosen series 200", "200 mm long"),
        ({"kernel": "SOFT"}, {"count": 200, "step": 1.0, "kernel": "BONE"}, "slices of 5 mm", "slices of 1 mm"),
        # Of thin slices, none is thicker than another.
        ({"count": 200, "step": 1.0, "kernel": "B70f"}, {"count": 140, "step": 1.4, "kernel": "B30f"}, "sharp", "soft"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_rule(worse: dict[str, Any], better: dict[str, Any], reason: str, merit: str, is_first: bool) -> None:
    one, other = series("worse", **worse), series("better", **better)
    choice = choose([one, other] if is_first else [other, one])
    assert choice.series is other
    ((loser, why),) = choice.others
    assert loser is one
    assert why.startswith(reason)
    assert merit in choice.merits[0]


def test_a_series_with_a_gap_is_the_last() -> None:
    """It is taken where there is no other, so that its reader says what is wrong."""
    thin, thick = series("thin", 200, 1.0), series("thick")
    gap = replace(thin, slices=[*thin.slices[:90], *thin.slices[95:]])
    choice = choose([gap, thick])
    assert choice.series is thick
    assert "no volume: 195 slices, most 1.000 mm apart, but 6.000 mm from thin_89 to thin_95" in choice.others[0][1]
    assert choose([gap]).series is gap


def test_the_only_series_needs_no_reason() -> None:
    choice = choose([series("only", 3, steps=SAGITTAL)])
    assert (choice.merits, choice.others) == ((), [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"localiser": True}, "a localiser"),
        ({"modality": "PT"}, "modality PT"),
        ({"samples": 3}, "a picture in colours"),
        ({"position": None}, "images without PixelSpacing, ImageOrientationPatient or ImagePositionPatient"),
        ({"position": None, "details": Details("1.2.840.10008.5.1.4.1.1.7")}, "a secondary capture"),
        ({"details": Details(image_type=("DERIVED", "PRIMARY", "MIP"))}, "computed from other images (MIP)"),
        ({"description": "Spine MIP 10 mm"}, "computed from other images (by its description)"),
        ({"modality": "OT"}, None),
        ({"details": Details("1.2.840.10008.5.1.4.1.1.7")}, None),
        ({"description": "Mipomersen trial"}, None),
    ],
)
def test_what_is_no_volume(changes: dict[str, Any], reason: str | None) -> None:
    found = series("any", 5)
    assert unfit_reason(FoundSeries([replace(one, **changes) for one in found.slices])) == reason
    # A few images of another kind are left to the reader, which refuses the mixture.
    mixed = [replace(found.slices[0], **changes), *found.slices[1:]]
    assert "details" in changes or "description" in changes or unfit_reason(FoundSeries(mixed)) is None

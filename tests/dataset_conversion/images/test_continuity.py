from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from dataset_conversion.images.continuity import slice_warnings
from tests.dataset_conversion.images.dicom.mutations import trunk

Array = npt.NDArray[np.int16]
SPACING = (2.0, 1.5, 1.5)


def test_a_body_is_continuous() -> None:
    assert slice_warnings(trunk().array, SPACING) == []
    assert slice_warnings(trunk().array[:3], SPACING) == []


def test_thick_slices_are_continuous() -> None:
    assert slice_warnings(trunk().array[::4], (8.0, 1.5, 1.5)) == []


def test_noise_is_no_jump() -> None:
    noise = np.random.default_rng(0).normal(0, 100, (12, 30, 30)).astype(np.int16)
    assert slice_warnings(noise, SPACING) == []


def _with(number: int, change: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def apply(array: Array) -> Array:
        changed = array.copy()
        changed[number] = change(array[number])
        return changed

    return apply


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_with(11, lambda rows: -rows), "slices 12 of 24 (from the feet) differ from both neighbours more than these"),
        (_with(11, lambda rows: rows[:, ::-1]), "slices 12 of 24 (from the feet) differ from both neighbours"),
        (
            lambda array: array[[*range(9), 10, 9, *range(11, 24)]],
            "slices 10 and 11 of 24 (from the feet) fit better",
        ),
        (
            lambda array: array[[*range(12), *range(23, 11, -1)]],
            "slices 12 and 13 of 24 (from the feet) differ much",
        ),
        (
            lambda array: array[[*range(9), 8, *range(10, 24)]],
            "slices 9 and 10 of 24 (from the feet) have the same",
        ),
        (_with(5, lambda rows: np.full_like(rows, -1024)), "slices 6 of 24 (from the feet) are constant; expected the"),
        (lambda array: array.reshape(24, 70, 60), "neighbours along axis y differ by"),
    ],
)
def test_what_is_not_continuous_is_named(change: Callable[[Array], Array], words: str) -> None:
    warnings = slice_warnings(change(trunk().array), SPACING)
    assert any(warning.startswith(words) for warning in warnings), warnings
    assert all("expected" in warning for warning in warnings)


def test_padding_slices_are_named_once_and_not_as_copies() -> None:
    padded = trunk().array.copy()
    padded[20:] = -1024
    words = "\n".join(slice_warnings(padded, SPACING))
    assert "slices 21, 22, 23 and 1 more of 24 (from the feet) are constant" in words
    assert "same voxels" not in words

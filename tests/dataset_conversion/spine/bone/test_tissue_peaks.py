from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import find_peaks

from dataset_conversion.spine.bone.hounsfield import check_hounsfield
from dataset_conversion.spine.bone.tissue_peaks import prominent_peaks, scale_warnings, tissue_peaks

Array = npt.NDArray[np.float64]


def body() -> Array:
    """Voxels inside a trunk: muscle, fat and bone with noise, and no air."""
    random = np.random.default_rng(0)
    means = random.choice([50.0, -100.0, 250.0, 700.0], (40, 60, 60), p=[0.6, 0.25, 0.13, 0.02])
    return (means + random.normal(0, 20, means.shape)).round()


def test_fat_and_muscle_in_hounsfield_units() -> None:
    assert scale_warnings(body()) == []
    np.testing.assert_allclose(tissue_peaks(body().ravel()), [-100, 50], atol=6)


def test_an_image_without_fat_has_one_peak() -> None:
    random = np.random.default_rng(0)
    voxels = random.normal(40, 20, (20, 20, 20))
    assert len(tissue_peaks(voxels.ravel())) == 1
    assert scale_warnings(voxels) == []
    assert scale_warnings(np.full((4, 4, 4), 5000.0)) == []


def test_fewer_than_one_peak() -> None:
    assert tissue_peaks(np.full(10, 3000.0)) == []


@pytest.mark.parametrize("distinct", [2, 3, 6, 1000])
def test_peaks_are_those_of_scipy(distinct: int) -> None:
    random = np.random.default_rng(distinct)
    for _ in range(100):
        values = random.integers(0, distinct, random.integers(1, 40)).astype(float)
        for least in (1.0, 2.0):
            expected, properties = find_peaks(values, prominence=least)
            places, prominences = prominent_peaks(values, least)
            np.testing.assert_array_equal(places, expected)
            np.testing.assert_array_equal(prominences, properties["prominences"])


def smooth(change: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The change of an image that was interpolated, so that its values have no steps."""
    return lambda hu: change(hu + np.random.default_rng(1).uniform(-0.5, 0.5, hu.shape))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (smooth(lambda hu: 2 * hu), "expected fat near -100 and muscle near 50 HU: the scale may be twice as wide"),
        (smooth(lambda hu: hu / 2), "the scale may be half as wide"),
        (smooth(lambda hu: -hu), "the scale may be inverted"),
        (lambda hu: hu - hu % 2, "values in steps of 2; expected steps of 1 HU"),
        (lambda hu: hu / 2, "values in steps of 0.5; expected steps of 1 HU"),
        (lambda hu: np.minimum(hu, 600), "voxels at exactly 600, the brightest; expected single ones"),
        (lambda hu: np.minimum(hu, 700), "voxels at exactly 700, the brightest; expected single ones"),
    ],
)
def test_changed_scales(change: Callable[[Array], Array], words: str) -> None:
    assert words in "\n".join(scale_warnings(change(body())))


def test_metal_at_the_end_of_the_scale_is_usual() -> None:
    voxels = body()
    voxels[:2, :10] = 3071
    assert scale_warnings(voxels) == []


def test_large_images_are_sampled() -> None:
    voxels = np.tile(body(), (4, 4, 4))
    assert scale_warnings(voxels) == []
    assert check_hounsfield(voxels[:40, :60, :60]) == []

import pytest

from dataset_conversion.images.studies.kernels import Sharpness, sharpness


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        ("B30f", Sharpness.SOFT),
        ("B50f", Sharpness.SHARP),
        ("B70f", Sharpness.SHARP),
        ("Br40d", Sharpness.SOFT),
        ("Br64d", Sharpness.SHARP),
        ("Qr36f", Sharpness.SOFT),
        ("['I30f', '3']", Sharpness.SOFT),
        ("I70f\\2", Sharpness.SHARP),
        ("STANDARD", Sharpness.SOFT),
        ("SOFT", Sharpness.SOFT),
        ("BONE", Sharpness.SHARP),
        ("BONEPLUS", Sharpness.SHARP),
        ("LUNG", Sharpness.SHARP),
        ("FC08", Sharpness.SOFT),
        ("FC13", Sharpness.SOFT),
        ("FC30", Sharpness.SHARP),
        ("FC51", Sharpness.SHARP),
        ("B", Sharpness.SOFT),
        ("YB", Sharpness.SHARP),
        ("", Sharpness.UNKNOWN),
        ("Something", Sharpness.UNKNOWN),
    ],
)
def test_kernels_of_scanners(kernel: str, expected: Sharpness) -> None:
    assert sharpness(kernel) is expected

"""No change of a DICOM series alters the CT silently: it is refused, or named in a warning, or the CT is the same."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.images.dicom.mutations import MUTATIONS, series, trunk, write

SAME = {
    "12 bits stored",
    "all instance UIDs the same",
    "an unknown character set",
    "another character set",
    "a slice labelled implicit",
    "high bit 11 of 16",
    "labelled implicit",
    "12 bits at the high end",
    "no bits stored",
    "no class",
    "no image type",
    "no instance numbers",
    "no modality",
    "no patient",
    "no pixel representation",
    "no rescale type",
    "no series",
    "no slope",
    "no study",
    "no thickness",
    "padding declared at 0 HU",
    "padding declared in a slice",
    "reverse the instance numbers",
    "shuffle the file names",
    "signed",
    "signed in a slice",
    "thickness zero",
    "two acquisitions in a series",
}
"""Changes that leave the same anatomy."""

PARTS = {"drop the last slice", "drop eight slices at the end"}
"""Changes that leave a part of the same anatomy. No element counts the slices of a series."""

UNSEEN = {
    "intercept -1000": "24 HU are less than scanners differ",
    "pixels mirrored": "a spine is symmetric",
}
"""Changes that nothing in the files contradicts."""

WARNED = {
    "MONOCHROME1",
    "MONOCHROME1 in a slice",
    "a localiser in the series",
    "a slice twice, other instance",
    "a slice twice, same instance",
    "a tilt in the tag only",
    "a whole series copied under another UID",
    "the last slice under another UID",
    "padding of -2000",
}
"""Changes that are undone or need a person's eye."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    volume = trunk()
    ct = read_ct(write(tmp_path_factory.mktemp("original") / "ct", series(volume)))
    np.testing.assert_array_equal(ct.array, volume.array)
    assert ct.warnings == ()
    return ct


def outcome(folder: Path, original: Volume) -> str:
    """What reading a changed series comes to."""
    ct: Volume | None = None
    problems: tuple[str, ...] = ()
    try:
        ct = read_ct(folder)
    except InputError as error:
        problems = error.problems
    if ct is None:
        assert problems
        assert all("expected" in problem and str(folder) in problem for problem in problems)
        return "refused"
    if ct.warnings:
        assert all(str(folder) in warning for warning in ct.warnings)
        return "warned"
    offset = np.rint(original.world_to_index(ct.affine[:3, 3])[0]).astype(int)
    part = tuple(slice(max(start, 0), start + size) for start, size in zip(offset, ct.array.shape, strict=True))
    if not np.allclose(ct.affine[:3, :3], original.affine[:3, :3]) or not np.array_equal(
        original.array[part], ct.array
    ):
        return "silent"
    return "same" if ct.array.shape == original.array.shape else "part"


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", MUTATIONS)
def test_no_change_of_a_series_is_silent(tmp_path: Path, original: Volume, name: str) -> None:
    slices = series(trunk())
    MUTATIONS[name](slices)
    found = outcome(write(tmp_path / "ct", slices), original)
    if name in UNSEEN:
        assert found == "silent"
    elif name in PARTS:
        assert found == "part"
    else:
        assert found in (("same",) if name in SAME else ("warned",) if name in WARNED else ("refused", "warned"))


def test_every_listed_change_exists() -> None:
    assert SAME | PARTS | UNSEEN.keys() | WARNED <= MUTATIONS.keys()


def test_the_patient_does_not_change_silently(tmp_path: Path) -> None:
    folder = write(tmp_path / "ct", series(trunk()))
    patient = read_image_header(folder).patient_id
    assert patient is not None
    slices = series(trunk())
    MUTATIONS["two patients in a series"](slices)
    with pytest.raises(InputError, match="slices of 2 patients by PatientID; expected one"):
        read_image_header(write(tmp_path / "mixed", slices))

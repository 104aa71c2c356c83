from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.images.registry import IMAGE_ENDINGS, read_image, read_image_header
from dataset_conversion.images.volume import Volume, read_volume, to_canonical, write_volume
from dataset_conversion.spine.errors import InputError

FILES = ("a.nii.gz", "a.nrrd", "a.mha", "a.nhdr", "a.mhd")


def draw_volume(seed: int) -> Volume:
    """A volume with oblique axes in any order and direction."""
    random = np.random.default_rng(seed)
    directions = Rotation.random(random_state=seed).as_matrix() * random.choice([-1, 1], 3)
    affine = np.eye(4)
    affine[:3, :3] = directions * random.uniform(0.3, 3.0, 3)
    affine[:3, 3] = random.uniform(-300, 300, 3)
    return Volume(random.integers(-1000, 2000, (6, 7, 8)).astype(np.int16), affine)


def save(path: Path, volume: Volume) -> None:
    if path.name.endswith(".nii.gz"):
        write_volume(path, volume, np.int16)
        return
    image = SimpleITK.GetImageFromArray(volume.array)
    spacing = np.array(volume.spacing[::-1])
    image.SetSpacing(spacing.tolist())
    image.SetDirection((volume.affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(volume.affine[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(path))


@given(seed=st.integers(0, 2**20))
@settings(max_examples=25, deadline=None)
def test_the_same_volume_whatever_the_file(
    tmp_path_factory: pytest.TempPathFactory, save_series: Callable[..., Path], seed: int
) -> None:
    volume = draw_volume(seed)
    folder = tmp_path_factory.mktemp("formats")
    for name in FILES:
        save(folder / name, volume)
    sources = [*(folder / name for name in FILES), save_series(folder / "series", volume)]
    expected = to_canonical(volume)
    for source in sources:
        found = to_canonical(read_volume(source))
        np.testing.assert_array_equal(found.array, expected.array, err_msg=source.name)
        assert found.array.dtype == np.int16
        corners = np.array([(0, 0, 0), np.subtract(found.array.shape, 1)])
        np.testing.assert_allclose(found.index_to_world(corners), expected.index_to_world(corners), atol=1e-4)


@pytest.mark.parametrize("name", ["a.csv", "a", "a.nii.gz.part"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    for read in (read_image, read_image_header):
        with pytest.raises(InputError, match=r"not a CT image; expected \.nii\.gz, .*, \.mhd or a folder"):
            read(tmp_path / name)


def test_the_longer_ending_comes_first() -> None:
    assert IMAGE_ENDINGS.index(".nii.gz") < IMAGE_ENDINGS.index(".nii")


@pytest.mark.parametrize("name", ["A.NII", "A.NII.GZ", "A.nii.Gz", "A.Nrrd", "A.NHDR", "A.MHA", "A.MHD"])
def test_endings_may_be_in_capitals(tmp_path: Path, name: str) -> None:
    volume = draw_volume(1)
    lower = tmp_path / name.lower()
    if lower.suffix == ".nii":
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(volume.array), str(lower))
    else:
        save(lower, volume)
    lower.rename(tmp_path / name)
    np.testing.assert_array_equal(read_image(tmp_path / name)[1], volume.array)

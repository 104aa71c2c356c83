from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.images.registry import read_image, read_image_header
from dataset_conversion.spine.errors import InputError

ENDINGS = ("nrrd", "nhdr", "mha", "mhd")
ARRAY = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


def oblique(seed: int) -> SimpleITK.Image:
    """An image with oblique axes, perhaps mirrored."""
    random = np.random.default_rng(seed)
    image = SimpleITK.GetImageFromArray(ARRAY)
    directions = Rotation.random(random_state=seed).as_matrix() * random.choice([-1, 1], 3)
    image.SetDirection(directions.ravel().tolist())
    image.SetSpacing(random.uniform(0.3, 5.0, 3).tolist())
    image.SetOrigin(random.uniform(-500, 500, 3).tolist())
    return image


def refusal(path: Path, read: Callable[[Path], object] = read_image_header) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    assert "\n" not in problem
    assert "expected" in problem
    return problem


@pytest.mark.parametrize("ending", ENDINGS)
@given(seed=st.integers(0, 2**20))
@settings(max_examples=20)
def test_geometry_is_that_of_itk(tmp_path_factory: pytest.TempPathFactory, ending: str, seed: int) -> None:
    image = oblique(seed)
    path = tmp_path_factory.mktemp("itk") / f"a.{ending}"
    SimpleITK.WriteImage(image, str(path))
    header = read_image_header(path)
    assert header.shape == ARRAY.shape
    for index in np.random.default_rng(seed).uniform(-2, 8, (3, 3)):
        expected = image.TransformContinuousIndexToPhysicalPoint(index.tolist())
        np.testing.assert_allclose(header.index_to_world(index[::-1])[0], expected, atol=1e-6)
    read, array = read_image(path)
    np.testing.assert_array_equal(array, ARRAY)
    np.testing.assert_array_equal(read.affine, header.affine)


@pytest.mark.parametrize("ending", ["nrrd", "mha"])
@pytest.mark.parametrize("compressed", [True, False])
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_file_never_loses_a_voxel(tmp_path: Path, ending: str, compressed: bool, data: st.DataObject) -> None:
    path = tmp_path / f"a.{ending}"
    SimpleITK.WriteImage(oblique(1), str(path), compressed)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    if (ending, compressed) != ("nrrd", True):
        refusal(path, read_image)
        return
    # ITK does not miss the checksum behind the last voxel.
    with suppress(InputError):
        np.testing.assert_array_equal(read_image(path)[1], ARRAY)


@pytest.mark.parametrize("ending", ["nrrd", "mha"])
@pytest.mark.parametrize("compressed", [True, False])
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_never_crashes(tmp_path: Path, ending: str, compressed: bool, data: st.DataObject) -> None:
    path = tmp_path / f"a.{ending}"
    SimpleITK.WriteImage(oblique(1), str(path), compressed)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    for read in (read_image_header, read_image):
        with suppress(InputError):
            read(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_junk_and_absent_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    assert "cannot be read" in refusal(path)
    path.write_bytes(b"no image at all" * 100)
    assert "cannot be read" in refusal(path)


@pytest.mark.parametrize("ending", ["mhd", "nhdr"])
def test_a_header_is_read_without_its_voxels(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    SimpleITK.WriteImage(oblique(1), str(path))
    (voxels,) = (other for other in tmp_path.iterdir() if other != path)
    voxels.unlink()
    assert "cannot be read" in refusal(path, read_image)


@pytest.mark.parametrize(("shape", "words"), [((4, 5), "2-D image"), ((2, 3, 4, 5), "4-D image")])
@pytest.mark.parametrize("ending", ["nrrd", "mha"])
def test_only_three_dimensions(tmp_path: Path, ending: str, shape: tuple[int, ...], words: str) -> None:
    path = tmp_path / f"a.{ending}"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros(shape, np.int16), isVector=False), str(path))
    assert words in refusal(path)


def test_a_trailing_single_volume_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ARRAY[np.newaxis], isVector=False), str(path))
    header, array = read_image(path)
    assert header.shape == ARRAY.shape
    np.testing.assert_array_equal(array, ARRAY)


@pytest.mark.parametrize("ending", ["nrrd", "mha"])
def test_colours_and_complex_numbers_are_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((3, 4, 5, 3), np.uint8), isVector=True), str(path))
    assert "3 values per voxel (colours); expected 1" in refusal(path)


def nrrd(path: Path, *fields: str) -> Path:
    lines = ["NRRD0004", "type: short", "dimension: 3", "sizes: 5 4 3", *fields, "encoding: raw", "endian: little"]
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + ARRAY.tobytes())
    return path


def test_nrrd_in_ras_is_brought_to_lps(tmp_path: Path) -> None:
    fields = ("space: right-anterior-superior", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (10,20,30)")
    header = read_image_header(nrrd(tmp_path / "a.nrrd", *fields))
    np.testing.assert_allclose(header.index_to_world((1, 1, 1))[0], [-12, -23, 34], atol=1e-9)


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("spacings: 1 1 2",),
        ("space dimension: 3", "space directions: (2,0,0) (0,3,0) (0,0,4)"),
        ("space: scanner-xyz", "space directions: (2,0,0) (0,3,0) (0,0,4)"),
        ("space: left-posterior-superior",),
    ],
)
def test_nrrd_needs_a_space_and_directions(tmp_path: Path, fields: tuple[str, ...]) -> None:
    assert "left from right" in refusal(nrrd(tmp_path / "a.nrrd", *fields))


def test_meta_images_need_an_orientation(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    SimpleITK.WriteImage(oblique(1), str(path))
    path.write_bytes(path.read_bytes().replace(b"TransformMatrix = ", b"Comment = "))
    assert "no TransformMatrix; expected an orientation that tells left from right" in refusal(path)


def test_sheared_axes(tmp_path: Path) -> None:
    fields = ("space: LPS", "space directions: (2,0,0) (0,3,0) (0,1,4)", "space origin: (10,20,30)")
    assert "sheared axes" in refusal(nrrd(tmp_path / "a.nrrd", *fields))

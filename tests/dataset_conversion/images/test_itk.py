import bz2
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


def refusal(path: Path, read: Callable[[Path], object] = read_image_header, named: Path | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{named or path}: ")
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
    refusal(path, read_image)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_that_ends_in_zeros_is_refused_if_it_has_a_checksum(
    tmp_path: Path, ending: str, compressed: bool, share: float
) -> None:
    path = tmp_path / f"a.{ending}"
    image = SimpleITK.GetImageFromArray(np.random.default_rng(0).integers(0, 99, (30, 40, 50)).astype(np.int16))
    SimpleITK.WriteImage(image, str(path), compressed)
    data = max(tmp_path.iterdir(), key=lambda file: file.stat().st_size)
    whole = data.read_bytes()
    kept = int(len(whole) * share)
    data.write_bytes(whole[:kept] + bytes(len(whole) - kept))
    if compressed:
        assert "compressed voxels are damaged or incomplete" in refusal(path, read_image, data)
    else:
        assert read_image(path)[1].shape == (30, 40, 50)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("compressed", [True, False])
def test_a_size_in_the_header_that_is_too_small(tmp_path: Path, ending: str, compressed: bool) -> None:
    """Rows would be read as if they were shorter."""
    path = tmp_path / f"a.{ending}"
    SimpleITK.WriteImage(oblique(1), str(path), compressed)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"DimSize = 5 4 3", b"DimSize = 3 4 3").replace(b"sizes: 5 4 3", b"sizes: 3 4 3"))
    assert path.read_bytes() != content
    assert "120 bytes of voxels; expected 72" in refusal(path, read_image)


def test_compressed_voxels_in_several_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mhd"
    SimpleITK.WriteImage(oblique(1), str(path), True)
    path.write_bytes(path.read_bytes().replace(b"a.zraw", b"a%02d.zraw 1 3 1"))
    assert "expected one file" in refusal(path, read_image)


def test_a_bzip2_stream_is_checked(tmp_path: Path) -> None:
    fields = ("space: LPS", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (10,20,30)")
    path = nrrd(tmp_path / "a.nrrd", *fields)
    whole = path.read_bytes().replace(b"raw", b"bzip2").removesuffix(ARRAY.tobytes())
    path.write_bytes(whole + bz2.compress(ARRAY.tobytes()))
    with suppress(InputError):
        np.testing.assert_array_equal(read_image(path)[1], ARRAY)
    path.write_bytes(whole + bz2.compress(ARRAY.tobytes())[:-8] + bytes(8))
    assert "compressed voxels are damaged" in refusal(path, read_image)


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


def test_meta_images_need_a_spacing(tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    SimpleITK.WriteImage(oblique(1), str(path))
    path.write_bytes(path.read_bytes().replace(b"ElementSpacing = ", b"Comment = "))
    assert "no ElementSpacing; expected the distances of voxels in mm" in refusal(path)

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import RAS_TO_LPS
from evaluation.maps.nifti import NiftiFile
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map, write_probability_map
from evaluation.maps.quantisation import quantise

AFFINE = np.array([[0.9, 0, 0, -3], [0, 1, 0, 5], [0, 0, 1.1, -7], [0, 0, 0, 1]])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_round_trip_within_half_a_step(tmp_path: Path, seed: int) -> None:
    probability = np.random.default_rng(seed).random((3, 4, 5), dtype=np.float32)
    write_probability_map(tmp_path / "m.nii.gz", probability, AFFINE)
    read = read_probability_map(tmp_path / "m.nii.gz")
    assert read.probability.dtype == np.float32
    assert np.abs(read.probability - probability).max() <= 1 / 131070 + 1e-7
    np.testing.assert_allclose(read.affine, AFFINE, atol=1e-6)


def test_file_is_uint16_with_the_exact_slope_in_ras(tmp_path: Path) -> None:
    path = tmp_path / "m.nii.gz"
    probability = np.zeros((2, 3, 4), dtype=np.float32)
    probability[0, 1, 2], probability[1, 2, 3] = 0.5, 1.0
    write_probability_map(path, probability, AFFINE)
    # The header is read byte by byte, so that nibabel does not vouch for itself.
    header = gzip.decompress(path.read_bytes())[:348]
    assert np.frombuffer(header[70:72], "<i2")[0] == 512  # NIFTI_TYPE_UINT16
    slope, inter = np.frombuffer(header[112:120], "<f4")
    assert slope == np.float32(1 / 65535)
    assert inter == 0
    raw = np.asarray(nibabel.load(path).dataobj.get_unscaled())
    assert (raw[2, 1, 0], raw[3, 2, 1]) == (32768, 65535)
    np.testing.assert_allclose(nibabel.load(path).affine, RAS_TO_LPS @ AFFINE, atol=1e-6)


def test_another_stored_orientation_and_type_give_the_same_value_at_a_world_point(tmp_path: Path) -> None:
    probability = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)
    image = nibabel.Nifti1Image(probability.T, RAS_TO_LPS @ AFFINE)
    nibabel.save(image.as_reoriented(np.array([[1, -1], [2, 1], [0, -1]])), tmp_path / "m.nii")
    read = read_probability_map(tmp_path / "m.nii")
    world = ProbabilityMap.from_probability(probability, AFFINE).index_to_world([[1, 2, 3]])
    index = tuple(np.rint(read.world_to_index(world)[0]).astype(int))
    assert read.shape != probability.shape
    assert read.quantised[index] == quantise(probability)[1, 2, 3]


def test_stored_map_is_read_without_rescaling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quantised = np.arange(2**16, dtype=np.uint16).reshape(16, 64, 64)
    write_probability_map(tmp_path / "m.nii.gz", quantised, AFFINE)
    decoded = nibabel.load(tmp_path / "m.nii.gz").get_fdata(dtype=np.float32).T
    monkeypatch.setattr(NiftiFile, "read", None)
    read = read_probability_map(tmp_path / "m.nii.gz")
    assert read.quantised.dtype == np.uint16
    np.testing.assert_array_equal(read.quantised, quantised)
    np.testing.assert_array_equal(read.probability, decoded)


@pytest.mark.parametrize(
    ("dtype", "slope", "inter"), [("<u2", 1 / 1000, 0.0), ("<u2", 1 / 65535, 0.2), (">u2", 1 / 65535, 0.0)]
)
def test_map_stored_with_another_scale_is_quantised(tmp_path: Path, dtype: str, slope: float, inter: float) -> None:
    stored = np.arange(60).reshape(3, 4, 5)
    header = nibabel.Nifti1Header(endianness=dtype[0])
    image = nibabel.Nifti1Image(stored.astype(dtype).T, RAS_TO_LPS @ AFFINE, header)
    image.header.set_slope_inter(slope, inter)
    nibabel.save(image, tmp_path / "m.nii.gz")
    expected = np.rint((stored * slope + inter) * 65535)
    np.testing.assert_array_equal(read_probability_map(tmp_path / "m.nii.gz").quantised, expected)


def test_voxel_volume_and_spacing() -> None:
    probability_map = ProbabilityMap.from_probability(np.zeros((2, 2, 2), dtype=np.float32), AFFINE)
    assert probability_map.voxel_volume == pytest.approx(0.99)
    np.testing.assert_allclose(probability_map.spacing, [1.1, 1.0, 0.9])


@pytest.mark.parametrize(("value", "named"), [(1.1, "1.1"), (-0.1, "-0.1"), (np.nan, "nan")])
def test_anything_but_probabilities_is_refused(tmp_path: Path, value: float, named: str) -> None:
    path = tmp_path / "m.nii.gz"
    probability = np.zeros((2, 2, 2), dtype=np.float32)
    probability[1, 1, 1] = value
    with pytest.raises(InputError, match=named):
        write_probability_map(path, probability, AFFINE)
    assert not list(tmp_path.iterdir())
    nibabel.save(nibabel.Nifti1Image(probability, AFFINE), path)
    with pytest.raises(InputError, match=f"m.nii.gz: values .*{named}"):
        read_probability_map(path)


def test_flat_array_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"shape \(2, 2\)"):
        write_probability_map(tmp_path / "m.nii.gz", np.zeros((2, 2), dtype=np.float32), AFFINE)

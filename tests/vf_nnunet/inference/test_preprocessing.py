"""Preprocessing gives the same image as nnU-Net's preprocessor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from scipy import ndimage

from dataset_conversion.images.volume import read_volume, to_canonical
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.errors import InputError
from tests.conftest import CONFIGURATION, plans
from vf_nnunet.inference.preprocessing import (
    NetworkImage,
    Preprocessing,
    nonzero_bounds,
    plans_entries,
    preprocess,
    thick_slice_axis,
)
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE, IntensityScale
from vf_nnunet.training.validation import grid_of_properties

AGREEMENT = 4e-6
PREPROCESSING = Preprocessing((1.0, 1.0, 1.0))
NARROW = IntensityScale(113.9, 66.4, -20.0, 455.5)
"""Like the numbers of labelled voxels."""


def affine_of(spacing: tuple[float, ...]) -> np.ndarray:
    """Voxels of `spacing` (z, y, x) somewhere in the world."""
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = [-40, 12, 300]
    return affine


def plans_with(scale: IntensityScale | None) -> dict[str, Any]:
    """The plans with this normalisation; None for the z-score over the image."""
    content: dict[str, Any] = plans()
    if scale is not None:
        content["configurations"][CONFIGURATION]["normalization_schemes"] = ["CTNormalization"]
        content["foreground_intensity_properties_per_channel"] = {"0": scale.to_statistics()}
    return content


def by_nnunet(ct: np.ndarray, affine: np.ndarray, scale: IntensityScale | None) -> tuple[np.ndarray, dict[str, Any]]:
    """nnU-Net's image and its properties."""
    manager = PlansManager(plans_with(scale))
    properties = {
        "spacing": np.linalg.norm(affine[:3, :3], axis=0)[::-1].tolist(),
        "nibabel_stuff": {"original_affine": np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine},
    }
    image, _, properties = DefaultPreprocessor(verbose=False).run_case_npy(
        ct[None], None, properties, manager, manager.get_configuration(CONFIGURATION), {}
    )
    return image, properties


def assert_same(ct: np.ndarray, affine: np.ndarray, scale: IntensityScale | None = None) -> NetworkImage:
    """Check the voxels and their positions against nnU-Net's."""
    found = preprocess(ct, affine, replace(PREPROCESSING, scale=scale))
    expected, properties = by_nnunet(ct, affine, scale)
    assert found.array.shape == expected.shape
    assert np.abs(found.array - expected).max() < AGREEMENT
    grid = grid_of_properties(properties, expected.shape[1:])
    np.testing.assert_array_equal(found.grid.affine, grid.affine)
    assert found.grid.padding == grid.padding
    return found


spacings = st.tuples(*[st.sampled_from([0.4, 0.7, 1.0, 1.3, 2.0, 3.0, 5.0])] * 3)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(*[st.integers(3, 24)] * 3),
    spacing=spacings,
    border=st.integers(0, 3),
    whole=st.booleans(),
    scale=st.sampled_from([None, WINDOW_SCALE, NARROW]),
)
def test_equals_nnunets_preprocessor(
    shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
    border: int,
    whole: bool,
    scale: IntensityScale | None,
) -> None:
    """Isotropic, anisotropic and thick slices; borders of zeros; tiny images; HU as integers and as floats."""
    ct = np.random.default_rng(0).normal(40, 300, shape)
    ct = np.pad(np.rint(ct).astype(np.int16) if whole else ct.astype(np.float32), border)
    assert_same(ct, affine_of(spacing), scale)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.float32])
@pytest.mark.parametrize("limits", [(-1024.0, 3071.0), (-20.0, 455.5), (200.0, 450.0), (-50.0, 80.0)])
def test_limits_beyond_what_a_type_can_hold(dtype: type, limits: tuple[float, float]) -> None:
    ct: np.ndarray = np.arange(24).reshape(2, 3, 4).astype(dtype) * 5 - (0 if dtype is np.uint8 else 60)
    scale = IntensityScale(10.0, 50.0, *limits)
    found = preprocess(ct.astype(dtype), np.eye(4), Preprocessing((1.0, 1.0, 1.0), scale))
    np.testing.assert_allclose(found.array[0], (np.clip(ct.astype(float), *limits) - 10) / 50, atol=1e-6)


def test_a_fixed_scale_does_not_depend_on_the_field_of_view() -> None:
    """The z-score does: each is the check that the other test can fail."""
    ct = np.random.default_rng(0).integers(-100, 1000, (9, 10, 11)).astype(np.int16)
    padded = np.pad(ct, 6, constant_values=-1024)
    changes = {}
    for scale in (None, WINDOW_SCALE):
        small, large = (preprocess(one, np.eye(4), replace(PREPROCESSING, scale=scale)) for one in (ct, padded))
        changes[scale] = np.abs(small.array[0] - large.array[0][6:-6, 6:-6, 6:-6]).max()
    assert changes[WINDOW_SCALE] == 0
    assert changes[None] > 0.5


def test_padding_and_extended_metal_are_air_and_metal() -> None:
    ct = np.array([-3024, -1024, 0, 3071, 20000], np.int16).reshape(5, 1, 1)
    image = preprocess(ct, np.eye(4), Preprocessing((1.0, 1.0, 1.0), WINDOW_SCALE)).array.ravel()
    np.testing.assert_allclose(image, [-2.56, -2.56, 0, 7.6775, 7.6775], atol=1e-6)


def test_a_phantom() -> None:
    volume = to_canonical(render_case(plan_case(1, 0, SPINE), SPINE)[0])
    image = assert_same(volume.array, volume.affine)
    np.testing.assert_allclose(image.array.mean(), 0, atol=0.05)
    assert np.ptp(image.array * image.scale.deviation + image.scale.mean) <= np.ptp(volume.array.astype(float)) + 0.01


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 1.3), (2.4, 0.9, 3.0)])
def test_a_world_point_stays_on_its_anatomy(spacing: tuple[float, float, float]) -> None:
    """A smooth blob in the CT lies at the same world point in the network's image, to 0.1 mm."""
    centre = np.array([20.3, 22.6, 25.1])
    distance = (np.indices((40, 45, 50)) - centre[:, None, None, None]) * np.array(spacing)[:, None, None, None]
    ct = 1000 * np.exp(-(distance**2).sum(0) / 2 / 5**2) + 1
    affine = affine_of(spacing)
    image = preprocess(ct.astype(np.float32), affine, PREPROCESSING)
    blob = image.array[0] - image.array[0].min()
    found = ndimage.center_of_mass(np.where(blob > blob.max() / 10, blob, 0))
    world, expected = (matrix @ [*point[::-1], 1] for matrix, point in ((image.grid.affine, found), (affine, centre)))
    assert np.abs(world - expected).max() < 0.1


def test_the_input_is_left_alone() -> None:
    ct = np.random.default_rng(0).normal(0, 300, (8, 9, 10)).astype(np.float32)
    original = ct.copy()
    preprocess(ct, np.eye(4), PREPROCESSING)
    np.testing.assert_array_equal(ct, original)


def test_nothing_but_zeros() -> None:
    with pytest.raises(InputError, match="all 24 voxels of the CT are 0"):
        nonzero_bounds(np.zeros((2, 3, 4)))


@pytest.mark.parametrize(
    ("spacing", "axis"), [((1, 1, 1), None), ((3, 1, 1), None), ((3.1, 1, 1), 0), ((1, 4, 1), 1), ((4, 4, 1), None)]
)
def test_thick_slices(spacing: tuple[float, ...], axis: int | None) -> None:
    assert thick_slice_axis(spacing, (1.0, 1.0, 1.0)) == axis


def test_every_entry_that_differs_is_named() -> None:
    content = plans()
    entries = plans_entries(content, CONFIGURATION)
    assert Preprocessing.from_entries(entries, "plans.json") == PREPROCESSING
    entries["normalization_schemes"] = ["NoNormalization"]
    entries["transpose_forward"] = [2, 0, 1]
    entries["spacing"] = [1.0, 1.0]
    with pytest.raises(InputError) as error:
        Preprocessing.from_entries(entries, "plans.json")
    problems = str(error.value).splitlines()
    assert len(problems) == 3
    assert (
        problems[1] == "plans.json: normalization_schemes is ['NoNormalization']; expected ['ZScoreNormalization'] or "
        "['CTNormalization']"
    )


@pytest.mark.parametrize("scale", [WINDOW_SCALE, NARROW])
def test_the_numbers_of_a_normalisation_are_read(scale: IntensityScale) -> None:
    entries = plans_entries(plans_with(scale), CONFIGURATION)
    assert Preprocessing.from_entries(entries, "plans.json") == replace(PREPROCESSING, scale=scale)


@pytest.mark.parametrize(
    "changes", [{"std": None}, {"mean": float("nan")}, {"percentile_00_5": 5000.0}, {"std": -1.0}, {"mean": "12"}]
)
def test_impossible_numbers_of_a_normalisation(changes: dict[str, Any]) -> None:
    content = plans_with(WINDOW_SCALE)
    content["foreground_intensity_properties_per_channel"]["0"] |= changes
    with pytest.raises(InputError, match=r"plans\.json: CTNormalization with .*; expected four numbers"):
        Preprocessing.from_entries(plans_entries(content, CONFIGURATION), "plans.json")


def test_z_scores_have_no_numbers() -> None:
    """So that the cards of older models stay as they are."""
    content: dict[str, Any] = plans()
    content["foreground_intensity_properties_per_channel"] = {"0": WINDOW_SCALE.to_statistics()}
    assert "foreground_intensity_properties_per_channel" not in plans_entries(content, CONFIGURATION)


def test_as_nnunet_reads_a_file(tmp_path: Path) -> None:
    """Including the file: nnU-Net's reader takes the spacing from the header."""
    path = tmp_path / "case_0000.nii.gz"
    affine = np.diag([-0.7, -0.7, 1.25, 1.0])
    voxels = np.random.default_rng(0).integers(-1000, 1500, (30, 31, 20)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)
    manager = PlansManager(plans())
    expected, *_ = DefaultPreprocessor(verbose=False).run_case(
        [str(path)], None, manager, manager.get_configuration(CONFIGURATION), {}
    )
    volume = to_canonical(read_volume(path))
    assert np.abs(preprocess(volume.array, volume.affine, PREPROCESSING).array - expected).max() < AGREEMENT

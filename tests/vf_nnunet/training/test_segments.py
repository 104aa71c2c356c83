"""Segments lie where they should, and show the borders of an image as prediction does."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import (
    TilingSettings,
    predict_probabilities,
    subsampled_with_context,
    with_context,
)
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.network.reflection import read_reflected
from vf_nnunet.training.segments import SegmentGeometry

PREDICTED = 9
FIVE_SLICES = Architecture(
    widths=(4, 4), kernel_sizes=((3, 3, 5), (3, 3, 1)), hidden_widths=(6, 5), subsampling_factor=(3, 3, 1)
)
"""Has 2 voxels of context from left to right and 6 in the other directions."""

sides = st.integers(1, 30)
shapes = st.tuples(sides, sides, sides)
places = st.tuples(*[st.floats(0, 1)] * 3)


def geometry_of(architecture: Architecture) -> SegmentGeometry:
    return SegmentGeometry(architecture.segment_size(PREDICTED), architecture.context)


def voxel_at(shape: tuple[int, ...], place: tuple[float, ...]) -> np.ndarray:
    """A voxel of an image by its relative position; borders are as likely as the inside."""
    return np.array([round(share * (size - 1)) for share, size in zip(place, shape, strict=True)])


def random_image(shape: tuple[int, ...]) -> np.ndarray:
    """Noise, the same for each shape."""
    return np.random.default_rng(0).standard_normal((1, *shape), np.float32)


@pytest.fixture(scope="module", params=[TINY, FIVE_SLICES], ids=["3d", "five slices"])
def network(request: pytest.FixtureRequest) -> DualPathwayNet:
    torch.manual_seed(0)
    return randomise(build_network(request.param, 1, 3)).eval()


@pytest.fixture(scope="module")
def backend(network: DualPathwayNet) -> Backend:
    """In exact arithmetic."""
    return open_backend(ensemble_of({"0": network}), "torch", "cpu", "float32")


@given(shapes, places)
def test_every_voxel_can_be_predicted(shape: tuple[int, int, int], place: tuple[float, float, float]) -> None:
    """The predicted voxels hold the centre and lie in the image, or begin with it if it is smaller."""
    geometry, centre = geometry_of(FIVE_SLICES), voxel_at(shape, place)
    starts = geometry.starts(centre, shape)
    for start, margin, middle, size in zip(starts, geometry.context, centre, shape, strict=True):
        first = start + margin
        assert first <= middle < first + PREDICTED
        assert first == 0 if size <= PREDICTED else 0 <= first <= size - PREDICTED


def test_a_segment_is_centred_where_the_image_allows_it() -> None:
    geometry = geometry_of(TINY)
    assert geometry.starts(np.array([20, 4, 0]), (40, 40, 40)) == [10, -6, -6]
    assert geometry.starts(np.array([35, 36, 39]), (40, 40, 40)) == [25, 25, 25]


@settings(max_examples=50, deadline=None)
@given(shape=shapes, place=places)
def test_a_segment_is_what_prediction_reads(
    backend: Backend, shape: tuple[int, int, int], place: tuple[float, float, float]
) -> None:
    """Both pathways, at borders and in images that are smaller than the context."""
    architecture = backend.ensemble.architecture
    geometry, image = geometry_of(architecture), random_image(shape)
    starts = geometry.starts(voxel_at(shape, place), shape)
    z, y, x = (slice(start + margin, None) for start, margin in zip(starts, geometry.context, strict=True))
    segment = read_reflected(image, starts, geometry.size)
    np.testing.assert_array_equal(segment, with_context(image, backend, (z, y, x), geometry.predicted_size))
    np.testing.assert_array_equal(
        segment[:, *architecture.block_centres],
        subsampled_with_context(image, backend, (z, y, x), geometry.predicted_size),
    )


@settings(max_examples=50, deadline=None)
@given(shape=shapes, place=places)
def test_a_segment_on_the_grid_of_blocks_is_predicted_alike(
    network: DualPathwayNet, backend: Backend, shape: tuple[int, int, int], place: tuple[float, float, float]
) -> None:
    """The other segments lie on a shifted grid, as they do inside an image."""
    architecture = backend.ensemble.architecture
    geometry, image = geometry_of(architecture), random_image(shape)
    factors = architecture.subsampling_factor
    first = [
        (start + margin) // factor * factor
        for start, margin, factor in zip(
            geometry.starts(voxel_at(shape, place), shape), geometry.context, factors, strict=True
        )
    ]
    starts = [start - margin for start, margin in zip(first, geometry.context, strict=True)]
    segment = torch.from_numpy(read_reflected(image, starts, geometry.size))
    with torch.inference_mode():
        learned = torch.softmax(network.valid_logits(segment[None])[0], 0).numpy()
    predicted = predict_probabilities(backend, image, TilingSettings(tile=(12, 15, 6)))
    z, y, x = (slice(start, start + PREDICTED) for start in first)
    expected = predicted[:, z, y, x]
    _, depth, height, width = expected.shape
    np.testing.assert_allclose(learned[:, :depth, :height, :width], expected, atol=1e-5)

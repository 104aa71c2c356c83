"""Exact tiling equals one pass over the whole volume."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from tests.vf_nnunet.conftest import TINY
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import TilingSettings, plan_tiles, predict_probabilities, tiles
from vf_nnunet.inference.weights import Ensemble, FloatArray
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.screening.operating_point import OperatingPoint

TOLERANCE = 1e-5
sizes = st.integers(1, 40)
shapes = st.tuples(sizes, sizes, sizes)


@pytest.fixture(scope="module")
def backend(ensemble: Ensemble) -> Backend:
    """In exact arithmetic."""
    return open_backend(ensemble, "torch", "cpu", "float32")


def random_image(shape: tuple[int, int, int]) -> FloatArray:
    """Noise, the same for each shape."""
    return np.random.default_rng(0).standard_normal((1, *shape), np.float32)


def whole_volume(networks: dict[str, DualPathwayNet], image: FloatArray) -> FloatArray:
    """One pass in the networks' same mode."""
    with torch.inference_mode():
        logits = [network.same_logits(torch.from_numpy(image)[None])[0] for network in networks.values()]
    mean: FloatArray = np.mean([torch.softmax(values, 0).numpy() for values in logits], axis=0)
    return mean


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=shapes, tile=shapes)
def test_any_tile_gives_the_whole_volume(
    backend: Backend,
    two_networks: dict[str, DualPathwayNet],
    shape: tuple[int, int, int],
    tile: tuple[int, int, int],
) -> None:
    image = random_image(shape)
    tiled = predict_probabilities(backend, image, TilingSettings(tile=tile))
    assert np.abs(whole_volume(two_networks, image) - tiled).max() < TOLERANCE


def test_a_planned_tile_gives_the_whole_volume(backend: Backend, two_networks: dict[str, DualPathwayNet]) -> None:
    image = random_image((50, 20, 61))
    tiled = predict_probabilities(backend, image, TilingSettings(memory_gb=1e-5))
    assert np.abs(whole_volume(two_networks, image) - tiled).max() < TOLERANCE


def test_the_plan_knows_the_images_size_and_the_device(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = []

    def record(ensemble: Ensemble, bytes_per_value: int, memory_gb: float) -> int:
        budgets.append(memory_gb)
        return 48

    monkeypatch.setattr("vf_nnunet.inference.tiling.largest_tile", record)
    image = random_image((20, 20, 20))
    predict_probabilities(backend, image, TilingSettings(memory_gb=1.0))
    monkeypatch.setattr(type(backend), "device_memory_gb", 12.0)
    predict_probabilities(backend, image)
    # Beside the image, the probabilities of three classes in float32.
    assert budgets == [pytest.approx(1.0 - 0.6 - 4 * image.nbytes / 1e9, abs=1e-9), 6.0]


@pytest.mark.parametrize("maps", [2, 5])
def test_the_plan_counts_the_maps_that_are_kept(backend: Backend, maps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of classes: quantised maps take half of the image each."""
    budgets = []

    def record(ensemble: Ensemble, bytes_per_value: int, memory_gb: float) -> int:
        budgets.append(memory_gb)
        return 48

    monkeypatch.setattr("vf_nnunet.inference.tiling.largest_tile", record)
    image = random_image((20, 20, 20))
    plan_tiles(backend, image, TilingSettings(memory_gb=1.0, kept_bytes=2 * maps))
    assert budgets == [pytest.approx(1.0 - 0.6 - (1 + maps / 2) * image.nbytes / 1e9, abs=1e-9)]


@settings(max_examples=100, deadline=None)
@given(shape=shapes, largest=shapes, data=st.data())
def test_tiles_cover_each_voxel_that_is_not_air_once(
    shape: tuple[int, int, int], largest: tuple[int, int, int], data: st.DataObject
) -> None:
    image = np.full((1, *shape), -1.0, np.float32)
    for _ in range(data.draw(st.integers(0, 3))):
        image[(0, *(data.draw(st.integers(0, size - 1)) for size in shape))] = 1.0
    side, places = tiles(image, (3, 3, 3), largest, air_below=0.0)
    count = np.zeros(shape, int)
    for place in places:
        count[place] += 1
        assert (image[0][place] >= 0).any()
        assert all(part.start % 3 == 0 for part in place)
    assert count.max(initial=0) <= 1
    assert (count[image[0] >= 0] == 1).all()
    assert all(step % 3 == 0 for step in side)


def test_air_is_background_and_the_rest_is_unchanged(backend: Backend) -> None:
    image = np.full((1, 60, 48, 48), -3.0, np.float32)
    image[:, 21:39, 15:30, 20:31] = random_image((18, 15, 11)) ** 2
    settings = TilingSettings(tile=(9, 9, 9), air_below=-0.5)
    skipped = predict_probabilities(backend, image, settings)
    everything = predict_probabilities(backend, image, TilingSettings(tile=(9, 9, 9)))
    body = image[0] >= -0.5
    assert np.abs(skipped - everything)[:, body].max() < TOLERANCE
    np.testing.assert_array_equal(skipped[:, :18, 0, 0], [[1] * 18, [0] * 18, [0] * 18])


FRACTURE = 2
TRAINING_STEPS = 60


def phantom(seed: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """A round body in air with a normal and a brighter, fractured vertebra; (1, z, y, x) and labels (z, y, x)."""
    generator = np.random.default_rng(seed)
    image = generator.normal(-3, 0.05, (45, 33, 33)).astype(np.float32)
    y, x = np.ogrid[:33, :33]
    image[21:] += 3 * ((y - 16) ** 2 + (x - 16) ** 2 < 12**2)
    labels = np.zeros(image.shape, np.int64)
    labels[35:43, 15:24, 12:21], labels[25:33, 15:24, 12:21] = 1, FRACTURE
    return (image + 2 * labels).astype(np.float32)[np.newaxis], labels


def trained_backend() -> Backend:
    """The ensemble of a small network that was trained on the phantoms, with air as background."""
    torch.manual_seed(0)
    network = build_network(TINY, 1, 3)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.05)
    for step in range(TRAINING_STEPS):
        image, labels = (torch.from_numpy(array)[None] for array in phantom(step))
        optimiser.zero_grad()
        cross_entropy(network.same_logits(image), labels, weight=torch.tensor([1.0, 4.0, 4.0])).backward()
        optimiser.step()
    return open_backend(ensemble_of({"0": network.eval()}), "torch", "cpu", "float32")


def test_skipping_air_changes_no_finding() -> None:
    """In the whole map of a trained network, including air.

    Skipped tiles become background with certainty, so the map changes by the network's own prediction for air. That
    change stays below half of the default threshold of a finding.
    """
    backend = trained_backend()
    image, labels = phantom(TRAINING_STEPS)
    skipped = predict_probabilities(backend, image, TilingSettings(tile=(9, 9, 9), air_below=-1.5))
    everything = predict_probabilities(backend, image, TilingSettings(tile=(9, 9, 9)))
    assert everything[FRACTURE][labels == FRACTURE].mean() > 0.5, "it has learned what a fracture is"
    difference = np.abs(skipped - everything)[FRACTURE]
    assert (skipped[0] == 1).mean() > 0.3, "much was skipped"
    assert difference.max() < OperatingPoint().probability_threshold / 2
    assert difference.mean() < 0.01


def test_an_image_of_air_is_background(backend: Backend) -> None:
    probabilities = predict_probabilities(backend, np.full((1, 9, 9, 9), -3.0, np.float32), TilingSettings(air_below=0))
    assert (probabilities[0] == 1).all()
    assert (probabilities[1:] == 0).all()

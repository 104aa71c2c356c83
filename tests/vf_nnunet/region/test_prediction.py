"""Where the network is computed, and that it computes there what it computes everywhere."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vf_nnunet.models import BrightnessBackend, bright_probe, probed_model, tiny_model
from vf_nnunet.inference.backend import BACKENDS, Backend
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import TilingSettings, predict_probabilities
from vf_nnunet.inference.weights import Ensemble, FloatArray, Probe
from vf_nnunet.network.reflection import reflected_indices
from vf_nnunet.region.first_pass import find_region
from vf_nnunet.region.kept import block_probability, kept_blocks, smooth
from vf_nnunet.region.prediction import NOTHING_FOUND, plan_region, predict_region

TOLERANCE = 1e-5


def noise(shape: tuple[int, int, int], seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((1, *shape), np.float32)


def random_probe(seed: int, threshold: float) -> Probe:
    weight = np.random.default_rng(seed).standard_normal(4).astype(np.float32)
    return Probe(weight, 0.0, threshold, least_blocks=1, blocks_per_plane=1e6)


def probed(threshold: float) -> Ensemble:
    """Two folds with different probes."""
    return tiny_model().ensemble.with_probes([random_probe(0, threshold), random_probe(1, threshold)])


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Both backends in exact arithmetic."""
    return open_backend(probed(0.5), request.param, "cpu", "float32")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.tuples(*[st.integers(1, 45)] * 3), seed=st.integers(0, 99), quantile=st.floats(0.5, 0.999), data=st.data()
)
def test_computed_tiles_equal_the_whole_volume(
    backend: Backend, shape: tuple[int, int, int], seed: int, quantile: float, data: st.DataObject
) -> None:
    image = noise(shape, seed)
    scores = np.concatenate([score.ravel() for score in first_scores(backend, image)])
    threshold = float(np.quantile(scores, quantile))
    tiling = TilingSettings(tile=(45, 45, 45))
    opened = with_threshold(backend, threshold)
    plan = plan_region(opened, image, tiling)
    dense = predict_probabilities(backend, image, tiling)
    computed = np.zeros(shape, bool)
    for place, block in predict_region(opened, image, plan):
        assert not computed[place].any()
        computed[place] = True
        assert np.abs(block - dense[:, *place]).max() < TOLERANCE
    blocks = np.any(find_region(opened, image, tiling), axis=0)
    voxels = np.kron(blocks, np.ones((3, 3, 3), bool))[: shape[0], : shape[1], : shape[2]]
    assert computed[voxels].all()


def with_threshold(backend: Backend, threshold: float) -> Backend:
    """The same backend with this threshold in every fold; it does not enter what a backend computes."""
    backend.ensemble = probed(threshold)
    return backend


def first_scores(backend: Backend, image: FloatArray) -> list[FloatArray]:
    """The smoothed probability of each fold, in one pass over the whole image."""
    (margin, *_) = backend.ensemble.architecture.context
    read = (reflected_indices(-margin, size + -size % 3 + margin, size)[1::3] for size in image.shape[1:])
    centres = np.ascontiguousarray(image[np.ix_(np.arange(1), *read)])
    return [smooth(block_probability(score[0]), (3, 3, 3)) for score in backend.probe_scores(centres)]


@pytest.mark.parametrize("shape", [(31, 20, 26), (45, 45, 45)])
def test_the_first_pass_in_parts_is_that_of_the_whole(backend: Backend, shape: tuple[int, int, int]) -> None:
    image = noise(shape)
    threshold = float(np.median(first_scores(backend, image)[0]))
    opened = with_threshold(backend, threshold)
    expected = [
        kept_blocks(fold.probe, smoothed)
        for fold, smoothed in zip(opened.ensemble.weights, first_scores(opened, image), strict=True)
        if fold.probe is not None
    ]
    found = find_region(opened, image, TilingSettings(memory_gb=1e-5))
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours != theirs).mean() < 0.01


@pytest.mark.parametrize("name", BACKENDS)
def test_half_precision_keeps_the_same_blocks(name: str) -> None:
    """Up to those at the threshold: noise has nothing that stands out from it."""
    image = noise((60, 60, 60))
    exact, half = (open_backend(probed(0.5), name, "cpu", precision) for precision in ("float32", "half"))
    for ours, theirs in zip(first_scores(exact, image), first_scores(half, image), strict=True):
        assert np.abs(ours - theirs).max() < 0.01


def bright(place: tuple[slice, slice, slice], shape: tuple[int, int, int] = (90, 90, 90)) -> FloatArray:
    image = np.zeros((1, *shape), np.float32)
    image[0][place] = 6
    return image


PLACE = (slice(30, 45), slice(30, 45), slice(30, 45))


def test_an_ensemble_is_computed_where_any_fold_says_so() -> None:
    model = tiny_model().ensemble
    one = BrightnessBackend(model.with_probes([bright_probe(), bright_probe(threshold=0.999999)]))
    other = BrightnessBackend(model.with_probes([bright_probe(threshold=0.999999), bright_probe()]))
    both = BrightnessBackend(model.with_probes([bright_probe(), bright_probe()]))
    image = bright(PLACE)
    plans = [plan_region(backend, image, TilingSettings()) for backend in (one, other, both)]
    assert not any(plan.computed.everywhere for plan in plans)
    assert plans[0] == plans[1] == plans[2]


def test_a_fold_without_a_probe_is_computed_everywhere() -> None:
    ensemble = tiny_model().ensemble.with_probes([bright_probe(), None])
    plan = plan_region(BrightnessBackend(ensemble), bright(PLACE), TilingSettings())
    assert plan.computed.everywhere
    assert plan.computed.reason == "no probe in fold 1"
    assert plan.computed.warning == ""


def test_nothing_found_is_computed_everywhere_with_a_warning() -> None:
    plan = plan_region(BrightnessBackend(probed_model().ensemble), bright(PLACE) * 0, TilingSettings())
    assert plan.computed.everywhere
    assert plan.computed.region_share == 0
    assert plan.computed.computed_share == 1
    assert plan.computed.warning == NOTHING_FOUND


def test_a_narrow_ct_is_computed_everywhere_without_a_warning() -> None:
    """Where the spine fills the CT, the whole costs no more than the tiles."""
    image = bright((slice(None),) * 3, (60, 30, 30))
    plan = plan_region(BrightnessBackend(probed_model().ensemble), image, TilingSettings())
    assert plan.computed.everywhere
    assert plan.computed.reason == "costs less than the places where vertebrae can be"
    assert plan.computed.region_share is not None
    assert plan.computed.region_share > 0.5
    assert plan.computed.warning == ""


def test_keeping_much_more_than_a_spine_is_said() -> None:
    narrow = replace(bright_probe(), blocks_per_plane=5.0)
    ensemble = tiny_model(("0",)).ensemble.with_probes([narrow])
    plan = plan_region(BrightnessBackend(ensemble), bright(PLACE), TilingSettings())
    assert "blocks per axial plane, in the training at most 5" in plan.computed.warning


def test_everywhere_does_not_ask_the_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = BrightnessBackend(probed_model().ensemble)
    monkeypatch.setattr(backend, "probe_scores", None)
    plan = plan_region(backend, bright(PLACE), TilingSettings(), everywhere=True)
    assert plan.computed.to_json() == {
        "everywhere": True,
        "reason": "asked for",
        "region_share": None,
        "computed_share": 1.0,
    }


def test_the_air_is_neither_searched_nor_computed() -> None:
    image = np.full((1, 90, 90, 90), -3, np.float32)
    image[0, 30:60, 30:60, 30:60] = 0
    image[0][PLACE] = 6
    plan = plan_region(BrightnessBackend(probed_model().ensemble), image, TilingSettings(air_below=-1.0))
    assert 0 < plan.computed.computed_share < 0.2

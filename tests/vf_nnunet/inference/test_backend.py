"""Every backend computes the mean of the folds' probabilities, as the networks do."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy import ndimage

from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import patient_scores
from evaluation.settings import ScoringSettings
from tests.vf_nnunet.conftest import randomise
from tests.vf_nnunet.inference.conftest import EXACT, whole_volume
from vf_nnunet.inference.backend import BACKENDS, allocation_errors
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.inference.weights import Ensemble, FloatArray
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(27, 24, 21), (15, 15, 15)])
def test_the_mean_of_the_folds(
    backend: str, shape: tuple[int, int, int], ensemble: Ensemble, two_networks: dict[str, DualPathwayNet]
) -> None:
    block = np.random.default_rng(0).standard_normal((1, *shape), np.float32)
    found = open_backend(ensemble, backend, "cpu", "float32").probabilities(block)
    expected = whole_volume(list(two_networks.values()), block)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < EXACT


@pytest.mark.parametrize("backend", BACKENDS)
def test_blocks_of_changing_shape(backend: str, ensemble: Ensemble, two_networks: dict[str, DualPathwayNet]) -> None:
    opened = open_backend(ensemble, backend, "cpu", "float32")
    for shape in [(1, 15, 15, 15), (1, 27, 15, 18), (1, 15, 15, 15)]:
        block = np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)
        expected = whole_volume(list(two_networks.values()), block)
        assert np.abs(opened.probabilities(block) - expected).max() < EXACT


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("configuration", ARCHITECTURES)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_real_networks(backend: str, configuration: str, channels: int) -> None:
    torch.manual_seed(0)
    network = randomise(build_network(ARCHITECTURES[configuration], channels, 3))
    ensemble = ensemble_of({"0": network})
    block = np.random.default_rng(0).standard_normal((channels, 57, 54, 57), np.float32)
    found = open_backend(ensemble, backend, "cpu", "float32").probabilities(block)
    assert np.abs(found - whole_volume([network], block)).max() < EXACT


@pytest.mark.parametrize("backend", BACKENDS)
def test_half_precision_stays_close(backend: str, ensemble: Ensemble, two_networks: dict[str, DualPathwayNet]) -> None:
    block = np.random.default_rng(0).standard_normal((1, 30, 30, 30), np.float32)
    found = open_backend(ensemble, backend, "cpu", "half").probabilities(block)
    assert np.abs(found - whole_volume(list(two_networks.values()), block)).max() < 1e-2
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-2)


FRACTURE = 2


def scores_of(backend: str, ensemble: Ensemble, images: list[FloatArray]) -> npt.NDArray[np.floating]:
    """One score per image, at 1 mm."""
    opened = open_backend(ensemble, backend, "cpu", "float32")
    settings = ScoringSettings(noise_thresholds=(125,))
    maps = (
        ProbabilityMap.from_probability(predict_probabilities(opened, image)[FRACTURE], np.eye(4)) for image in images
    )
    return np.concatenate([patient_scores(probability_map, settings) for probability_map in maps])


def test_patients_are_ranked_alike(ensemble: Ensemble) -> None:
    """An AUC depends on ranks only."""
    generator = np.random.default_rng(0)
    noise = [ndimage.gaussian_filter(generator.standard_normal((40, 40, 40)), sigma) for sigma in (1, 2, 3, 4, 5, 6)]
    images = [(voxels / voxels.std()).astype(np.float32)[None] for voxels in noise]
    scores = [scores_of(backend, ensemble, images) for backend in BACKENDS]
    assert np.diff(np.sort(scores[0])).min() > EXACT, "as good as ties, whose order means nothing"
    for found in scores[1:]:
        assert np.array_equal(np.argsort(found), np.argsort(scores[0]))


LAST_STEP = {"torch": "_logits", "openvino": "_fine"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_block_too_large_for_memory(backend: str, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise RuntimeError("Failed to allocate\n9000000000 bytes of memory")

    opened = open_backend(ensemble, backend, "cpu", "float32")
    monkeypatch.setattr(opened, LAST_STEP[backend], exhausted)
    with pytest.raises(MemoryError, match="Failed to allocate 9000000000 bytes"):
        opened.probabilities(np.zeros((1, 15, 15, 15), np.float32))


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB",
        "MPS backend out of memory (MPS allocated: 18.00 GiB)",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "Exception from src/inference/src/cpp/infer_request.cpp:223:\nFailed to allocate 9000000000 bytes of memory",
        "std::bad_alloc",
    ],
)
def test_too_little_memory(message: str) -> None:
    with pytest.raises(MemoryError) as error, allocation_errors():
        raise RuntimeError(message)
    assert str(error.value) == message.replace("\n", " ")


def test_torchs_own_error_of_a_gpu() -> None:
    with pytest.raises(MemoryError), allocation_errors():
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")


def test_torchs_own_error_of_a_cpu() -> None:
    """A petabyte, which no machine has."""
    voxels = torch.zeros(1).expand(2**48)
    with pytest.raises(MemoryError), allocation_errors():
        voxels.contiguous()


def test_other_errors_are_unchanged() -> None:
    with pytest.raises(RuntimeError, match="illegal memory access"), allocation_errors():
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(ValueError, match="reshape"), allocation_errors():
        np.zeros(2).reshape(3)

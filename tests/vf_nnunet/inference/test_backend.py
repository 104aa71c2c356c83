"""Every backend computes the mean of the folds' probabilities, and the networks' own answer."""

import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy import ndimage

from dataset_conversion.spine.errors import InputError
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import patient_scores
from evaluation.settings import EvaluationSettings
from tests.vf_nnunet.conftest import randomise
from vf_nnunet.inference.backend import BACKENDS, open_backend
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.openvino_backend import OpenVinoBackend, split_bfloat16
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.inference.torch_backend import TorchBackend
from vf_nnunet.inference.weights import Ensemble, FloatArray
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network

EXACT = 1e-4


def whole_volume(networks: list[DualPathwayNet], block: FloatArray) -> FloatArray:
    """The mean of the networks' probabilities in their valid mode."""
    image = torch.from_numpy(block)[None]
    with torch.inference_mode():
        folds = [torch.softmax(network.valid_logits(image)[0], 0).numpy() for network in networks]
    mean: FloatArray = np.mean(folds, axis=0)
    return mean


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
    ensemble = ensemble_of(ARCHITECTURES[configuration], {"0": network})
    block = np.random.default_rng(0).standard_normal((channels, 57, 54, 57), np.float32)
    found = open_backend(ensemble, backend, "cpu", "float32").probabilities(block)
    assert np.abs(found - whole_volume([network], block)).max() < EXACT


@pytest.mark.parametrize("backend", BACKENDS)
def test_half_precision_stays_close(backend: str, ensemble: Ensemble, two_networks: dict[str, DualPathwayNet]) -> None:
    block = np.random.default_rng(0).standard_normal((1, 30, 30, 30), np.float32)
    found = open_backend(ensemble, backend, "cpu", "half").probabilities(block)
    assert np.abs(found - whole_volume(list(two_networks.values()), block)).max() < 1e-2
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-2)


def test_what_is_repeated_is_in_half_precision(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    interpolate = torch.nn.functional.interpolate

    def look(features: torch.Tensor, **options: Any) -> torch.Tensor:
        seen.append(features.dtype)
        return interpolate(features, **options)

    monkeypatch.setattr("vf_nnunet.inference.torch_backend.half_precision", lambda device: torch.bfloat16)
    monkeypatch.setattr("vf_nnunet.inference.torch_backend.functional.interpolate", look)
    open_backend(ensemble, "torch", "cpu").probabilities(np.zeros((1, 15, 15, 15), np.float32))
    assert seen == [torch.bfloat16] * 2


def test_float32_is_not_rounded_to_tf32(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_backend(ensemble, "torch", "cpu", "float32")
    allowed = []

    def look(*_: object) -> torch.Tensor:
        allowed.append(torch.backends.cudnn.allow_tf32)
        return torch.zeros(1, 3, 3, 3, 3)

    monkeypatch.setattr(opened, "_logits", look)
    before = torch.backends.cudnn.allow_tf32
    opened.probabilities(np.zeros((1, 15, 15, 15), np.float32))
    assert allowed == [False, False]
    assert torch.backends.cudnn.allow_tf32 is before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU")
def test_float32_on_a_gpu_is_float32() -> None:
    torch.manual_seed(0)
    network = randomise(build_network(ARCHITECTURES["3d_fullres"], 1, 3))
    opened = open_backend(ensemble_of(ARCHITECTURES["3d_fullres"], {"0": network}), "torch", "cuda", "float32")
    block = np.random.default_rng(0).standard_normal((1, 57, 57, 57), np.float32)
    assert np.abs(opened.probabilities(block) - whole_volume([network], block)).max() < EXACT


FRACTURE = 2


def scores_of(backend: str, ensemble: Ensemble, images: list[FloatArray]) -> npt.NDArray[np.floating]:
    """One score an image, at 1 mm."""
    opened = open_backend(ensemble, backend, "cpu", "float32")
    settings = EvaluationSettings(noise_thresholds=(125,))
    maps = (
        ProbabilityMap.from_probability(predict_probabilities(opened, image)[FRACTURE], np.eye(4)) for image in images
    )
    return np.concatenate([patient_scores(probability_map, settings) for probability_map in maps])


def test_patients_are_ranked_alike(ensemble: Ensemble) -> None:
    """An AUC is made of ranks."""
    generator = np.random.default_rng(0)
    noise = [ndimage.gaussian_filter(generator.standard_normal((40, 40, 40)), sigma) for sigma in (1, 2, 3, 4, 5, 6)]
    images = [(voxels / voxels.std()).astype(np.float32)[None] for voxels in noise]
    scores = [scores_of(backend, ensemble, images) for backend in BACKENDS]
    assert np.diff(np.sort(scores[0])).min() > EXACT, "as good as ties, whose order means nothing"
    for found in scores[1:]:
        assert np.array_equal(np.argsort(found), np.argsort(scores[0]))


def test_a_gpus_own_memory_is_planned_with(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch keeps of earlier tiles can be used again."""
    opened = TorchBackend(ensemble, "cpu")
    assert opened.device_memory_gb is None
    monkeypatch.setattr(opened, "device", torch.device("cuda:1"))
    memory = {"mem_get_info": (3_000_000_000, 16_000_000_000), "memory_reserved": 5 * 10**9, "memory_allocated": 10**9}
    for name, found in memory.items():
        monkeypatch.setattr(torch.cuda, name, {torch.device("cuda:1"): found}.__getitem__)
    assert opened.device_memory_gb == 7.0


LAST_STEP = {"torch": "_logits", "openvino": "_fine"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_block_too_large_for_memory(backend: str, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object) -> None:
        raise RuntimeError("Failed to allocate\n9000000000 bytes of memory")

    opened = open_backend(ensemble, backend, "cpu", "float32")
    monkeypatch.setattr(opened, LAST_STEP[backend], exhausted)
    with pytest.raises(MemoryError, match="Failed to allocate 9000000000 bytes"):
        opened.probabilities(np.zeros((1, 15, 15, 15), np.float32))


def test_openvino_goes_on_after_a_shape_that_it_could_not_prepare(
    ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Exhausted:
        def compile_model(self, *_: object) -> None:
            raise RuntimeError("std::bad_alloc")

    opened = OpenVinoBackend(ensemble, "float32")
    block = np.random.default_rng(0).standard_normal((1, 15, 15, 15), np.float32)
    expected = opened.probabilities(block)
    with monkeypatch.context() as broken:
        broken.setattr(opened._coarse, "_core", Exhausted())
        with pytest.raises(MemoryError):
            opened.probabilities(np.zeros((1, 27, 27, 27), np.float32))
    np.testing.assert_array_equal(opened.probabilities(block), expected)


def test_intensities_keep_sixteen_bits() -> None:
    values = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    rounded, rest = split_bfloat16(values)
    assert not (rounded.view(np.uint32) & 0xFFFF).any()
    assert np.array_equal(rounded + rest, values)
    assert np.abs(rest / values).max() <= 2**-8


def test_an_unknown_backend_is_named(ensemble: Ensemble) -> None:
    with pytest.raises(InputError, match="backend tensorflow: unknown; expected one of openvino, torch"):
        open_backend(ensemble, "tensorflow")


def test_openvino_refuses_a_gpu(ensemble: Ensemble) -> None:
    for device in ("cuda", "cuda:1", "mps"):
        with pytest.raises(InputError, match="needs --backend torch"):
            open_backend(ensemble, "openvino", device)


@pytest.mark.parametrize(("backend", "package"), [("openvino", r"vf_nnunet\[openvino\]"), ("torch", "torch")])
def test_a_missing_backend_says_how_to_install_it(
    backend: str, package: str, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vf_nnunet.inference.backend.find_spec", lambda name: None)
    with pytest.raises(InputError, match=f'pip install "{package}"'):
        open_backend(ensemble, backend)


@pytest.mark.parametrize("torch_is_there", [True, False])
def test_a_gpu_that_torch_cannot_use_is_none(
    torch_is_there: bool, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NVIDIA's driver beside a CPU build of torch, or beside no torch."""
    missing = () if torch_is_there else ("torch",)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("vf_nnunet.inference.backend.find_spec", lambda name: None if name in missing else object())
    assert type(open_backend(ensemble)).__name__ == "OpenVinoBackend"


def test_without_openvino_torch_computes(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    present = {name for name in sys.modules if name != "openvino"}
    monkeypatch.setattr("vf_nnunet.inference.backend.find_spec", lambda name: name in present or None)
    assert type(open_backend(ensemble, None, "cpu")).__name__ == "TorchBackend"

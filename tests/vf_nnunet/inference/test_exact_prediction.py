"""nnU-Net's own predictor, made exact for this network only."""

import copy
import importlib.util
import sys
from typing import Any

import numpy as np
import pytest
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from torch import nn

from tests.conftest import CONFIGURATION, plans
from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference import exact_prediction as stock_prediction
from vf_nnunet.inference.exact_prediction import use_exact_tiling
from vf_nnunet.inference.from_network import fold_weights
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import TilingSettings, predict_probabilities
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.nnunet.names import TRAINER_FOLDER

METHOD = "predict_logits_from_preprocessed_data"
LABELS = {"background": 0, "normal": 1, "fracture": 2}


@pytest.fixture(autouse=True)
def _stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """nnU-Net's own method and Python's own hook, before and after each test."""
    monkeypatch.setattr(nnUNetPredictor, METHOD, stock_prediction._stock_logits)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture
def networks() -> list[DualPathwayNet]:
    """Two folds whose probabilities differ."""
    found = []
    for seed in range(2):
        torch.manual_seed(seed)
        found.append(randomise(build_network(TINY, 1, 3)))
    nn.init.normal_(found[1].classifier[-1][-1].bias, std=3)
    return found


def predictor_of(networks: list[Any], patch: int = 20) -> nnUNetPredictor:
    """nnU-Net's predictor with the folds, as `nnUNetv2_predict` sets it up."""
    content: dict[str, Any] = copy.deepcopy(plans())
    configuration = content["configurations"][CONFIGURATION]
    configuration["architecture"]["arch_kwargs"] = TINY.to_kwargs()
    configuration["patch_size"] = [patch] * 3
    manager = PlansManager(content)
    predictor = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    predictor.manual_initialization(
        copy.deepcopy(networks[0]),
        manager,
        manager.get_configuration(CONFIGURATION),
        [copy.deepcopy(network.state_dict()) for network in networks],
        {"channel_names": {"0": "CT"}, "labels": LABELS},
        "nnUNetTrainerVF",
        None,
    )
    return predictor


def exact(networks: list[DualPathwayNet], image: torch.Tensor) -> np.ndarray:
    """Class probabilities as `vf_nnunet predict` computes them, with other tiles."""
    weights = tuple(fold_weights(network) for network in networks)
    backend = open_backend(Ensemble(TINY, tuple(map(str, range(len(weights)))), weights))
    return predict_probabilities(backend, image.numpy(), TilingSettings(tile=(12, 15, 18)))


def test_the_ensemble_is_exact(networks: list[DualPathwayNet]) -> None:
    image = torch.randn(1, 30, 37, 41, generator=torch.Generator().manual_seed(0))
    stock = torch.softmax(predictor_of(networks).predict_logits_from_preprocessed_data(image), 0)
    use_exact_tiling()
    found = torch.softmax(predictor_of(networks).predict_logits_from_preprocessed_data(image), 0)
    expected = exact(networks, image)
    assert np.abs(found.numpy() - expected).max() < 1e-2  # bfloat16 where the processor has it
    # The stock windows are what the test would see if the method had not been replaced.
    assert np.abs(stock.numpy() - expected).max() > 0.05


def test_the_predictors_own_gpu_computes(networks: list[DualPathwayNet], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def record(ensemble: Ensemble, device: str) -> Any:
        opened.append(device)
        return open_backend(ensemble, device="cpu")

    monkeypatch.setattr(stock_prediction, "open_backend", record)
    use_exact_tiling()
    predictor = predictor_of(networks[:1])
    predictor.device = torch.device("cuda:1")
    predictor.predict_logits_from_preprocessed_data(torch.randn(1, 15, 15, 15))
    assert opened == ["cuda:1"]


def test_certain_probabilities_stay_finite(networks: list[DualPathwayNet]) -> None:
    last = networks[0].classifier[-1][-1]
    nn.init.zeros_(last.weight)
    last.bias.data = torch.tensor([500.0, 0.0, -500.0])
    use_exact_tiling()
    logits = predictor_of(networks[:1]).predict_logits_from_preprocessed_data(torch.randn(1, 15, 15, 15))
    assert torch.isfinite(logits).all()
    assert (logits.argmax(0) == 0).all()


def test_other_networks_are_left_alone(networks: list[DualPathwayNet]) -> None:
    class Other(nn.Conv3d):
        pass

    other = Other(1, 3, 3, padding=1)
    image = torch.randn(1, 22, 22, 22)
    before = predictor_of([other]).predict_logits_from_preprocessed_data(image)
    use_exact_tiling()
    after = predictor_of([other]).predict_logits_from_preprocessed_data(image)
    torch.testing.assert_close(before, after)


@pytest.fixture
def _trainer_found(_stock: None) -> None:
    """As nnU-Net imports the trainer: from its file, under a name that is forgotten again."""
    spec = importlib.util.spec_from_file_location("nnUNetTrainerVF", TRAINER_FOLDER / "nnUNetTrainerVF.py")
    assert spec is not None
    assert spec.loader is not None
    for _ in range(2):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.mark.usefixtures("_trainer_found")
def test_finding_the_trainer_is_enough_and_twice_does_no_harm() -> None:
    assert getattr(nnUNetPredictor, METHOD) is stock_prediction._logits
    assert stock_prediction._stock_logits is not stock_prediction._logits

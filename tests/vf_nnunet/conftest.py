"""Small networks and cases for the plugin's tests."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from tests.vf_nnunet.small_spine import SmallSpine, small_spine
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network

if TYPE_CHECKING:
    from tests.vf_nnunet.tiny_training import TinyDataset

TINY = Architecture(
    widths=(4, 4), kernel_sizes=((3, 3, 3), (3, 3, 3)), hidden_widths=(6, 5), subsampling_factor=(3, 3, 3)
)


def randomise(network: DualPathwayNet) -> DualPathwayNet:
    """Weights and running statistics that no symmetry of the initialisation hides behind."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.running_mean = torch.rand(module.num_features, generator=generator) - 0.5
            module.running_var = torch.rand(module.num_features, generator=generator) + 0.5
            module.weight.data = torch.rand(module.num_features, generator=generator) + 0.5
            module.bias.data = torch.rand(module.num_features, generator=generator) - 0.5
    return network.eval()


@pytest.fixture
def tiny_network() -> DualPathwayNet:
    """Two convolutions in each pathway: a receptive field of 5 and 15 voxels, 6 voxels of context."""
    torch.manual_seed(0)
    return randomise(build_network(TINY, 1, 3))


@pytest.fixture
def float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact arithmetic on any machine."""
    monkeypatch.setattr("vf_nnunet.network.device.has_cpu_bfloat16", lambda: False)


@pytest.fixture
def tiny_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "TinyDataset":
    """A preprocessed dataset of six small cases, in nnU-Net's folders; nnU-Net's progress picture is left out.

    What a trainer replaces in the process, Python's hook and a method of nnU-Net's predictor, is restored.
    """
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    from nnunetv2.training.logging.nnunet_logger import LocalLogger

    from tests.vf_nnunet.tiny_training import write_tiny_dataset

    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    logits = nnUNetPredictor.predict_logits_from_preprocessed_data
    monkeypatch.setattr(nnUNetPredictor, "predict_logits_from_preprocessed_data", logits)
    monkeypatch.setattr(LocalLogger, "plot_progress_png", lambda *_: None)
    return write_tiny_dataset(tmp_path)


@pytest.fixture
def spine() -> SmallSpine:
    """Five lumbar vertebrae whose maps, CT and masks are known exactly."""
    return small_spine()

"""Parameters and multiply-adds of both kinds of network."""

from math import prod
from pathlib import Path

import pytest

from tests.vf_nnunet.benchmark.conftest import Dataset, unet
from vf_nnunet.benchmark.arms import planned_configuration
from vf_nnunet.benchmark.cost.network_cost import count_block, count_default, describe_network, touched_voxels
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.planning.network_summary import summarise

PATCH = [32, 48, 64]


def test_this_model_has_the_papers_size(dataset: Dataset, tmp_path: Path) -> None:
    planned = planned_configuration(dataset.preprocessed / "nnUNetVFPlans.json", "3d_fullres")
    described = describe_network(planned, 3, tmp_path / "missing.pth")
    assert described["parameters"] == summarise(ARCHITECTURES["3d_fullres"])["parameters"]
    assert described["parameters"] == pytest.approx(230_000, rel=0.005)
    assert described["model_file_megabytes"] is None


def test_a_unet_is_counted_by_hand(tmp_path: Path) -> None:
    """Full resolution: 1 to 4, 8 to 4 after the upsampling, 4 to 3 outputs; half: 4 to 8; between: 8 to 4 of 2x2x2."""
    checkpoint = tmp_path / "checkpoint_final.pth"
    checkpoint.write_bytes(b"0" * 2_500_000)
    described = describe_network({"architecture": unet(), "patch_size": PATCH}, 3, checkpoint)
    eighth = 1 / prod((2, 2, 2))
    macs = 27 * 1 * 4 + 27 * 8 * 4 + 4 * 3 + eighth * (27 * 4 * 8) + eighth * 8 * 8 * 4
    assert described["macs_per_voxel"] == pytest.approx(macs, abs=1)
    weights = 27 * 4 + 27 * 32 + 27 * 32 + 12 + 8 * 32
    biases_and_norms = 3 * 4 + 3 * 8 + 3 * 4 + 3 + 4
    assert described["parameters"] == weights + biases_and_norms
    assert described["model_file_megabytes"] == 2.5


@pytest.mark.parametrize("more", [1, 2])
def test_each_class_more_is_an_output_more(dataset: Dataset, tmp_path: Path, more: int) -> None:
    """As in a dataset with a class for each grade: weights of the last layer of 80 and of 4 features, and a bias."""
    own = planned_configuration(dataset.preprocessed / "nnUNetVFPlans.json", "3d_fullres")
    default = {"architecture": unet(), "patch_size": PATCH}
    for planned, features in ((own, 80), (default, 4)):
        three, others = (describe_network(planned, classes, tmp_path / "missing.pth") for classes in (3, 3 + more))
        assert others["parameters"] - three["parameters"] == more * (features + 1)
        assert others["macs_per_voxel"] - three["macs_per_voxel"] == more * features


def test_multiply_adds_do_not_depend_on_the_window(tmp_path: Path) -> None:
    small, large = (
        describe_network({"architecture": unet(), "patch_size": patch}, 3, tmp_path / "missing.pth")
        for patch in ([16, 16, 16], PATCH)
    )
    assert small["macs_per_voxel"] == large["macs_per_voxel"]


def test_a_window_is_counted_as_a_whole() -> None:
    planned = {"architecture": unet(), "patch_size": PATCH}
    parameters, macs = count_default(planned, 3)
    described = describe_network(planned, 3, Path("missing.pth"))
    assert parameters == described["parameters"]
    assert macs == pytest.approx(described["macs_per_voxel"] * prod(PATCH), rel=1e-3)


def test_a_block_counts_its_context() -> None:
    """Both pathways read 16 voxels more than they predict, on their own grid."""
    architecture = ARCHITECTURES["3d_fullres"]
    block = [60 + 2 * margin for margin in architecture.context]
    assert touched_voxels(architecture, block) == 76**3 + 36**3
    inside = summarise(architecture)["macs_per_voxel"] * 60**3
    assert inside < count_block(architecture, block, classes=3) < 2 * inside


def test_a_blocks_multiply_adds_are_those_that_torch_counts() -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from vf_nnunet.network.dual_pathway import build_network

    architecture = ARCHITECTURES["3d_fullres"]
    block = [9 + 2 * margin for margin in architecture.context]
    network = build_network(architecture, 1, 3, valid=True).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 1, *block))
    assert counter.get_total_flops() == pytest.approx(2 * count_block(architecture, block, classes=3), rel=0.01)

"""The network: its size, receptive fields, geometry and modes."""

import sys

import pytest
import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from torch import Tensor

from dataset_conversion.spine.errors import InputError
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.nnunet.names import NETWORK_CLASS

PAPER_PARAMETERS = 230_000


@pytest.fixture(params=ARCHITECTURES)
def network(request: pytest.FixtureRequest) -> DualPathwayNet:
    torch.manual_seed(0)
    return build_network(ARCHITECTURES[request.param], 1, 3, valid=True).eval()


def input_size(network: DualPathwayNet, blocks: int) -> list[int]:
    """An input whose output is `blocks` blocks of the subsampling on each axis."""
    architecture = network.architecture
    return [
        blocks * factor + 2 * margin
        for factor, margin in zip(architecture.subsampling_factor, architecture.context, strict=True)
    ]


def influence(network: DualPathwayNet, voxel: tuple[int, int, int], blocks: int) -> Tensor:
    """Which input voxels have a gradient at one output voxel: bool (z, y, x)."""
    image = torch.randn(1, 1, *input_size(network, blocks), requires_grad=True)
    network.valid_logits(image)[0, :, voxel[0], voxel[1], voxel[2]].sum().backward()
    return torch.as_tensor(image.grad)[0, 0] != 0


def extents(offsets: Tensor) -> list[int]:
    return (offsets.amax(0) - offsets.amin(0) + 1).tolist()


def offsets_of(network: DualPathwayNet, voxel: tuple[int, int, int], blocks: int) -> Tensor:
    """Offsets (n, 3) of the influencing input voxels from the output voxel's own place in the input."""
    place = torch.tensor([index + margin for index, margin in zip(voxel, network.architecture.context, strict=True)])
    return influence(network, voxel, blocks).nonzero() - place


def silence(pathway: torch.nn.Module) -> None:
    for weight in pathway.parameters():
        torch.nn.init.zeros_(weight)


def test_parameters_are_those_of_the_paper(network: DualPathwayNet) -> None:
    parameters = sum(weight.numel() for weight in network.parameters())
    assert parameters == pytest.approx(PAPER_PARAMETERS, rel=0.005)


def test_eleven_layers() -> None:
    network = build_network(ARCHITECTURES["3d_fullres"], 1, 3)
    assert (len(network.normal), len(network.subsampled), len(network.classifier)) == (8, 8, 3)


@pytest.mark.parametrize(
    ("configuration", "normal", "subsampled"),
    [
        ("3d_fullres", [17, 17, 17], [51, 51, 51]),
        ("3d_5slices", [17, 17, 5], [51, 51, 5]),
        ("3d_1slice", [17, 17, 1], [51, 51, 1]),
    ],
)
def test_receptive_fields_by_gradient(configuration: str, normal: list[int], subsampled: list[int]) -> None:
    """The subsampled field: all offsets from which a voxel is influenced, over its three places in a block."""
    network = build_network(ARCHITECTURES[configuration], 1, 3, valid=True).eval()
    assert list(network.architecture.receptive_field) == normal
    assert list(network.architecture.subsampled_receptive_field) == subsampled
    silence(network.subsampled)
    offsets = offsets_of(network, (1, 1, 1), blocks=3)
    assert extents(offsets) == normal
    assert (offsets.amin(0) == -offsets.amax(0)).all()

    network = build_network(ARCHITECTURES[configuration], 1, 3, valid=True).eval()
    silence(network.normal)
    places = range(3)
    offsets = torch.cat([offsets_of(network, (place, place, place), blocks=3) for place in places])
    assert extents(offsets) == subsampled
    assert (offsets.amin(0) == -offsets.amax(0)).all(), "the phase is symmetric"


def test_the_subsampled_pathway_reads_every_third_voxel() -> None:
    network = build_network(ARCHITECTURES["3d_fullres"], 1, 3, valid=True).eval()
    silence(network.normal)
    offsets = offsets_of(network, (1, 1, 1), blocks=1)
    assert len(offsets) == 17**3
    assert (offsets % 3 == 0).all()


def test_input_and_output_are_aligned(tiny_network: DualPathwayNet) -> None:
    """A point in the input moves the output around the same place, without a shift."""
    image = torch.zeros(1, 1, 27, 27, 27)
    before = tiny_network.same_logits(image)
    image[0, 0, 13, 10, 16] = 5.0
    silence(tiny_network.subsampled)
    changed = (tiny_network.same_logits(image) - before).abs().sum((0, 1)) > 0
    # The pathway's constant output differs too where it was silenced; only the point's neighbourhood varies.
    values = (tiny_network.same_logits(image) - tiny_network.same_logits(torch.zeros_like(image))).abs().sum((0, 1))
    assert changed.any()
    where = values.nonzero()
    assert where.amin(0).tolist() == [11, 8, 14]
    assert where.amax(0).tolist() == [15, 12, 18]


def test_modes_agree_where_there_is_full_context(tiny_network: DualPathwayNet) -> None:
    image = torch.randn(1, 1, 30, 27, 33)
    tiny_network.deep_supervision = True
    (valid,) = tiny_network(image)
    tiny_network.deep_supervision = False
    same = tiny_network(image)
    assert same.shape == (1, 3, 30, 27, 33)
    assert valid.shape == (1, 3, 18, 15, 21)
    torch.testing.assert_close(same[:, :, 6:-6, 6:-6, 6:-6], valid, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 31, 7), (50, 3, 4)])
def test_same_mode_takes_any_size(tiny_network: DualPathwayNet, shape: tuple[int, int, int]) -> None:
    assert tiny_network.same_logits(torch.randn(1, 1, *shape)).shape == (1, 3, *shape)


@pytest.mark.parametrize("size", [12, 25, 26])
def test_valid_mode_refuses_sizes_that_break_the_blocks(tiny_network: DualPathwayNet, size: int) -> None:
    with pytest.raises(ValueError, match="multiple of"):
        tiny_network.valid_logits(torch.zeros(1, 1, size, 27, 27))


def test_logits_are_float32_under_autocast(tiny_network: DualPathwayNet) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert tiny_network.same_logits(torch.randn(1, 1, 9, 9, 9)).dtype == torch.float32


def test_the_running_statistics_follow_with_the_given_momentum(tiny_network: DualPathwayNet) -> None:
    layer = next(part for part in tiny_network.classifier.modules() if isinstance(part, torch.nn.BatchNorm3d))
    assert layer.running_mean is not None
    layer.running_mean.zero_()
    features = torch.full((1, 8, 3, 3, 3), 5.0)
    tiny_network.train().set_normalisation_momentum(0.25)
    layer(features)
    torch.testing.assert_close(layer.running_mean, torch.full((8,), 0.25 * 5.0))


def test_compiles_to_the_same_result(tiny_network: DualPathwayNet) -> None:
    image = torch.randn(1, 1, 18, 18, 18)
    compiled = torch.compile(tiny_network, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(image), tiny_network(image))


def test_training_compiles_in_one_piece(tiny_network: DualPathwayNet) -> None:
    """With dropout, on a device that is not the CPU, as nnU-Net compiles it for a GPU; the device computes nothing."""
    network = tiny_network.to("meta").train()
    network.deep_supervision = True
    network.set_dropout(0.5)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    with torch.no_grad():  # PReLU has no gradient on this device
        (logits,) = compiled(torch.empty(2, 1, 18, 18, 18, device="meta"))
    assert logits.shape == (2, 3, 6, 6, 6)


def test_exports_to_the_same_result(tiny_network: DualPathwayNet) -> None:
    image = torch.randn(1, 1, 18, 18, 18)
    exported = torch.export.export(tiny_network.eval(), (image,))
    torch.testing.assert_close(exported.module()(image), tiny_network(image))


def test_nnunet_builds_it_from_the_plans() -> None:
    """By the name and the arguments that the plans hold, with a malformed table refused."""
    kwargs = ARCHITECTURES["3d_1slice"].to_kwargs()
    network = get_network_from_plans(NETWORK_CLASS, kwargs, [], 1, 3, deep_supervision=False)
    assert isinstance(network, DualPathwayNet)
    assert not network.deep_supervision
    assert network.architecture == ARCHITECTURES["3d_1slice"]
    with pytest.raises(InputError, match="expected odd factors"):
        get_network_from_plans(NETWORK_CLASS, {**kwargs, "subsampling_factor": [2, 3, 3]}, [], 1, 3)


def test_nnunets_own_trainers_are_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """They build the network with deep supervision, and would fail later at the strides of a U-Net."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    kwargs = ARCHITECTURES["3d_fullres"].to_kwargs()
    with pytest.raises(InputError, match="expected nnUNetv2_train with -tr nnUNetTrainerVF") as error:
        get_network_from_plans(NETWORK_CLASS, kwargs, [], 1, 3, deep_supervision=True)
    assert len(error.value.problems) == 1

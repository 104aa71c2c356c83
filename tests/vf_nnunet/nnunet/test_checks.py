"""Plans of another planner, damaged checkpoints and weights of another network."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.conftest import TINY
from tests.vf_nnunet.tiny_training import plans_of
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.nnunet.checks import check_origin, check_plans, check_weights, read_checkpoint
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE

PATH = Path("fold_0") / "checkpoint_final.pth"


def test_its_own_weights_fit(tiny_network: DualPathwayNet) -> None:
    check_weights(PATH, tiny_network.state_dict(), tiny_network)


@pytest.mark.parametrize(
    ("changes", "channels", "found"),
    [
        ({"widths": (4, 8)}, 1, r"\d+ of \d+ differ"),
        ({"hidden_widths": (6, 7)}, 1, "by the plans"),
        ({"widths": (4, 4, 4), "kernel_sizes": ((3, 3, 3),) * 3}, 1, "missing"),
        ({}, 2, r"normal\.0\.weight is \(4, 1, 3, 3, 3\); expected \(4, 2, 3, 3, 3\) by the plans"),
    ],
)
def test_another_table_is_one_line(
    tiny_network: DualPathwayNet, changes: dict[str, Any], channels: int, found: str
) -> None:
    expected = build_network(replace(TINY, **changes), channels, 3)
    with pytest.raises(InputError, match=found) as error:
        check_weights(PATH, tiny_network.state_dict(), expected)
    assert str(error.value).startswith(f"{PATH}: weights of another network")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04" + bytes(1000)])
def test_a_damaged_checkpoint_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint_final.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"checkpoint_final\.pth: cannot be read as a checkpoint") as error:
        read_checkpoint(path)
    assert "\n" not in str(error.value)


def test_its_own_plans_pass() -> None:
    check_plans(plans_of(), "3d_fullres")


def test_another_planners_plans() -> None:
    plans = plans_of()
    plans["plans_name"], plans["experiment_planner_used"] = "nnUNetPlans", "ExperimentPlanner"
    plans["configurations"]["3d_fullres"]["architecture"]["network_class_name"] = "PlainConvUNet"
    with pytest.raises(InputError, match="plans nnUNetPlans: made by ExperimentPlanner for the network PlainConvUNet"):
        check_plans(plans, "3d_fullres")


@pytest.mark.parametrize("plans", [{}, {"configurations": {"2d": {}}}])
def test_an_unknown_configuration(plans: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"no configuration 3d_fullres; found (none|2d)"):
        check_plans(plans, "3d_fullres")


def test_the_checkpoint_of_another_normalisation() -> None:
    """The scheme is the same, its numbers differ."""
    plans = plans_of()
    plans["configurations"]["3d_fullres"]["normalization_schemes"] = ["CTNormalization"]
    plans["foreground_intensity_properties_per_channel"] = {"0": WINDOW_SCALE.to_statistics()}
    trained = copy.deepcopy(plans)
    trained["foreground_intensity_properties_per_channel"]["0"]["mean"] = 40.0
    with pytest.raises(
        InputError, match=r"checkpoint_final.pth: trained with the intensities .*'mean': 40.0.*; expected"
    ):
        check_origin(PATH, {"init_args": {"plans": trained}}, plans, "3d_fullres")
    trained["foreground_intensity_properties_per_channel"]["0"] |= {"mean": 0.0, "median": 7.0}
    check_origin(PATH, {"init_args": {"plans": trained}}, plans, "3d_fullres")

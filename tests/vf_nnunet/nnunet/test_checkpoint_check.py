"""Weights of another network."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.conftest import TINY
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.nnunet.checkpoint_check import check_weights

PATH = Path("fold_0") / "checkpoint_final.pth"


def test_its_own_weights_fit(tiny_network: DualPathwayNet) -> None:
    check_weights(PATH, tiny_network.state_dict(), tiny_network)


@pytest.mark.parametrize(
    ("changes", "channels", "found"),
    [
        ({"widths": (4, 8)}, 1, r"\d+ of \d+ differ"),
        ({"hidden_widths": (6, 7)}, 1, "the plans want"),
        ({"widths": (4, 4, 4), "kernel_sizes": ((3, 3, 3),) * 3}, 1, "missing"),
        ({}, 2, r"normal\.0\.weight is \(4, 1, 3, 3, 3\), the plans want \(4, 2, 3, 3, 3\)"),
    ],
)
def test_another_table_is_one_line(
    tiny_network: DualPathwayNet, changes: dict[str, Any], channels: int, found: str
) -> None:
    wanted = build_network(replace(TINY, **changes), channels, 3)
    with pytest.raises(InputError, match=found) as error:
        check_weights(PATH, tiny_network.state_dict(), wanted)
    assert str(error.value).startswith(f"{PATH}: weights of another network")
    assert "\n" not in str(error.value)

"""The layer table: its form on disk, the tables that are refused, and the geometry that follows from it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.conftest import TINY
from vf_nnunet.network.architecture import ARCHITECTURES, Architecture
from vf_nnunet.planning.segment_plan import PREDICTED_SIDES

KWARGS = {
    "widths": [4, 4],
    "kernel_sizes": [[3, 3, 3], [3, 3, 3]],
    "hidden_widths": [6, 5],
    "subsampling_factor": [3, 3, 3],
}


def test_its_form_on_disk() -> None:
    assert TINY.to_kwargs() == KWARGS
    assert list(TINY.to_kwargs()) == list(KWARGS)
    assert Architecture.from_kwargs(json.loads(json.dumps(KWARGS))) == TINY


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_there_and_back(name: str) -> None:
    kwargs = json.loads(json.dumps(ARCHITECTURES[name].to_kwargs()))
    assert Architecture.from_kwargs(kwargs) == ARCHITECTURES[name]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"width": [4]}, "width: no such setting"),
        ({"widths": "44"}, "widths is '44'; expected a valid tuple"),
        ({"widths": [4, 4.0]}, "widths.1 is 4.0; expected a valid integer"),
        ({"widths": [4, 0]}, "widths.1 is 0; expected greater than 0"),
        ({"widths": [], "kernel_sizes": []}, "0 widths but 0 kernel_sizes; expected one kernel per width"),
        ({"widths": [4]}, "1 widths but 2 kernel_sizes; expected one kernel per width"),
        ({"kernel_sizes": [[3, 3], [3, 3, 3]]}, "kernel_sizes.0.2: missing"),
        (
            {"kernel_sizes": [[2, 3, 3], [3, 3, 3]]},
            "kernel_sizes give a receptive field of (4, 5, 5); expected odd sides",
        ),
        ({"hidden_widths": [6]}, "hidden_widths.1: missing"),
        ({"subsampling_factor": [2, 3, 3]}, "subsampling_factor is (2, 3, 3); expected odd factors"),
    ],
)
def test_malformed_tables_are_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as error:
        Architecture.from_kwargs({**KWARGS, **changes}, "plans.json")
    assert error.value.problems == (f"plans.json: {problem}",)


def test_every_missing_entry_is_named() -> None:
    with pytest.raises(InputError) as error:
        Architecture.from_kwargs({"widths": [4]}, "plans.json")
    assert error.value.problems == tuple(
        f"plans.json: {name}: missing" for name in ("kernel_sizes", "hidden_widths", "subsampling_factor")
    )


@pytest.mark.parametrize("kwargs", [None, [4, 4], "widths"])
def test_no_table(kwargs: object) -> None:
    with pytest.raises(InputError, match=r"plans\.json: .* found; expected the arguments of the network"):
        Architecture.from_kwargs(kwargs, "plans.json")


@pytest.mark.parametrize(
    ("name", "field", "context"),
    [
        ("3d_fullres", (17, 17, 17), (24, 24, 24)),
        ("3d_5slices", (17, 17, 5), (24, 24, 2)),
        ("3d_1slice", (17, 17, 1), (24, 24, 0)),
    ],
)
def test_the_papers_fields_and_their_context(
    name: str, field: tuple[int, int, int], context: tuple[int, int, int]
) -> None:
    assert ARCHITECTURES[name].receptive_field == field
    assert ARCHITECTURES[name].context == context


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("side", PREDICTED_SIDES)
def test_a_segment_is_whole_blocks_with_context(name: str, side: int) -> None:
    architecture = ARCHITECTURES[name]
    size = architecture.segment_size(side)
    assert size == tuple(side + 2 * margin for margin in architecture.context)
    assert all(voxels % factor == 0 for voxels, factor in zip(size, architecture.subsampling_factor, strict=True))


def test_it_needs_no_torch() -> None:
    program = "import sys, vf_nnunet.network.architecture; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

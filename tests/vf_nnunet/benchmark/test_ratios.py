"""Ratios as shipped, and of the same computation."""

from typing import Any

import pytest

from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.ratios import SECTION, add_ratios, column_of


def column(backend: str, precision: str, seconds: float, default: float, learned: float) -> dict[str, dict[str, Any]]:
    how = {"backend": backend, "precision": precision, "device": "cpu", "threads": 2}
    training = {**how, "backend": "torch"}
    return {
        "prediction": {**how, "seconds": seconds, "seconds_with_default_mirroring": default},
        "training": {
            **training,
            "seconds_per_fold": 10 * learned,
            "seconds_per_million_voxels_learned": learned,
            "seconds_per_million_voxels_touched": learned / 2,
        },
    }


def records() -> dict[str, dict[str, dict[str, Any]]]:
    return {
        "vf_nnunet": column("openvino", "bfloat16", 2.0, 2.0, 4.0),
        "vf_nnunet, torch float32": column("torch", "float32", 8.0, 8.0, 6.0),
        "nnU-Net": column("torch", "float32", 40.0, 320.0, 3.0),
        "nnU-Net, OpenVINO bfloat16": column("openvino", "bfloat16", 12.0, 96.0, 2.0),
        "height rule": {"patients": {"auc_hull": 1.0}},
    }


def test_as_shipped_counts_the_mirroring() -> None:
    found = add_ratios(records())["nnU-Net"][SECTION]
    assert found["prediction_as_shipped"] == 160
    assert found["prediction_one_pass"] == 20
    assert found["training_of_a_fold_as_shipped"] == 0.75


def test_like_with_like_is_the_same_computation() -> None:
    found = add_ratios(records())
    assert found["nnU-Net"][SECTION]["prediction_one_pass_like_with_like"] == 5
    assert found["nnU-Net"][SECTION]["training_per_voxel_learned_like_with_like"] == 0.5
    other = found["nnU-Net, OpenVINO bfloat16"][SECTION]
    assert other["prediction_one_pass_like_with_like"] == 6
    assert "prediction_as_shipped" not in other


@pytest.mark.parametrize(("key", "value"), [("precision", "float16"), ("threads", 1), ("device", "cuda")])
def test_nothing_is_compared_with_another_computation(key: str, value: object) -> None:
    changed = records()
    changed["nnU-Net"]["prediction"][key] = value
    found = add_ratios(changed)["nnU-Net"][SECTION]
    assert found["prediction_one_pass_like_with_like"] is None
    assert found["prediction_one_pass"] == 20


def test_what_is_not_timed_has_no_ratio() -> None:
    assert SECTION not in add_ratios(records())["height rule"]


def test_only_the_shipped_computation_has_the_arms_own_name() -> None:
    computation = Computation("openvino", "bfloat16", "cpu")
    assert column_of("nnU-Net", computation, 0) == "nnU-Net"
    assert column_of("nnU-Net", computation, 2) == "nnU-Net, OpenVINO bfloat16"

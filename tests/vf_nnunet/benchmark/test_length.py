"""Plans of another length are written beside the original plans."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.benchmark.length import (
    NNUNET_LENGTH,
    SHORT_TRAINING_KEY,
    Length,
    default_plans_of_length,
    own_length,
    plans_of_length,
)


def write_plans(folder: Path, name: str, **content: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"plans_name": name, "configurations": {"3d_fullres": {}}, **content}))
    return path


def test_this_models_plans_get_the_length_and_keep_the_rest(tmp_path: Path) -> None:
    training = {"epochs": 8, "iterations_per_epoch": 28, "learning_rate": 0.004}
    plans = write_plans(tmp_path, "nnUNetVFPlans", training=training)
    assert own_length(plans) == Length(8, 28)
    assert plans_of_length(plans, Length(8, 28)) == "nnUNetVFPlans"
    assert plans_of_length(plans, Length(1, 2)) == "nnUNetVFPlans_1x2"
    written = json.loads((tmp_path / "nnUNetVFPlans_1x2.json").read_text())
    assert written["plans_name"] == "nnUNetVFPlans_1x2"
    assert written["training"] == {"epochs": 1, "iterations_per_epoch": 2, "learning_rate": 0.004}
    assert json.loads(plans.read_text())["training"] == training


def test_plans_without_a_length_have_the_plugins_own(tmp_path: Path) -> None:
    assert own_length(write_plans(tmp_path, "nnUNetVFPlans")) == Length(35, 250)


def test_default_plans_keep_their_name_only_at_nnunets_length(tmp_path: Path) -> None:
    plans = write_plans(tmp_path, "nnUNetPlans")
    assert default_plans_of_length(plans, NNUNET_LENGTH) == "nnUNetPlans"
    assert default_plans_of_length(plans, Length(20, 50)) == "nnUNetPlans_20x50"
    written = json.loads((tmp_path / "nnUNetPlans_20x50.json").read_text())
    assert written[SHORT_TRAINING_KEY] == {"epochs": 20, "iterations_per_epoch": 50, "validation_iterations": 10}


def test_at_least_one_batch_of_validation(tmp_path: Path) -> None:
    default_plans_of_length(write_plans(tmp_path, "nnUNetPlans"), Length(1, 2))
    written = json.loads((tmp_path / "nnUNetPlans_1x2.json").read_text())
    assert written[SHORT_TRAINING_KEY]["validation_iterations"] == 1


def test_all_numbers_out_of_range_are_named() -> None:
    with pytest.raises(InputError) as error:
        Length(0, -1)
    assert error.value.problems == (
        "epochs is 0; expected greater than or equal to 1",
        "iterations is -1; expected greater than or equal to 1",
    )

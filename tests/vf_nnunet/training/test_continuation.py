"""A training goes on under the plans that it began with, or not at all."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import CONFIGURATION, TinyDataset, plans_of
from vf_nnunet.training.continuation import check_continuation

FOLD = Path("fold_0")


@pytest.mark.parametrize(
    ("setting", "found", "wanted"),
    [("patience", 1, 2), ("learning_rate", 0.01, 0.02), ("seed", 2019, 1), ("schedule", "auto", "poly")],
)
def test_another_regime_is_refused(setting: str, found: object, wanted: object) -> None:
    with pytest.raises(InputError) as error:
        check_continuation(FOLD, plans_of(), plans_of(**{setting: wanted}), CONFIGURATION)
    assert str(error.value).startswith(f"fold_0: began with {setting} {found}, the plans now have {wanted}; ")


@pytest.mark.parametrize(("name", "value"), [("batch_size", 3), ("patch_size", [24, 24, 24])])
def test_other_segments_are_refused(name: str, value: object) -> None:
    plans = plans_of()
    plans["configurations"][CONFIGURATION][name] = value
    with pytest.raises(InputError, match=f"began with {name} "):
        check_continuation(FOLD, plans_of(), plans, CONFIGURATION)


def test_every_difference_is_a_line() -> None:
    with pytest.raises(InputError) as error:
        check_continuation(FOLD, plans_of(), plans_of(patience=3, l1=0.0), CONFIGURATION)
    assert len(str(error.value).splitlines()) == 2


def test_more_epochs_and_defaults_that_older_plans_leave_out_are_no_difference() -> None:
    older = plans_of()
    older["training"] = {"epochs": 3}
    newer = plans_of()
    newer["training"] = {"epochs": 9, "momentum": 0.6}
    check_continuation(FOLD, older, newer, CONFIGURATION)


def begin(dataset: TinyDataset, **regime: Any) -> Path:
    """What a training of one epoch would leave if it were stopped there."""
    dataset.trainer(**{"epochs": 1, **regime}).run_training()
    fold: Path = next(dataset.results.glob("*/fold_0"))
    shutil.move(fold / "checkpoint_final.pth", fold / "checkpoint_latest.pth")
    return fold


def test_a_training_does_not_go_on_under_other_plans(tiny_dataset: TinyDataset) -> None:
    fold = begin(tiny_dataset)
    trainer = tiny_dataset.trainer(going_on=True, patience=2)
    with pytest.raises(InputError, match=r"fold_0: began with patience 1, the plans now have 2"):
        trainer.run_training()
    assert not (fold / "checkpoint_final.pth").exists()


def test_a_longer_training_is_saved_with_its_own_plans(tiny_dataset: TinyDataset) -> None:
    fold = begin(tiny_dataset)
    trainer = tiny_dataset.trainer(going_on=True, epochs=2)
    trainer.run_training()
    saved = torch.load(fold / "checkpoint_final.pth", weights_only=False)
    assert saved["current_epoch"] == 2
    assert saved["init_args"]["plans"]["training"]["epochs"] == 2


def test_a_model_is_read_for_prediction_under_any_plans(tiny_dataset: TinyDataset) -> None:
    """As by nnUNetv2_train --val."""
    fold = begin(tiny_dataset)
    trainer = tiny_dataset.trainer(seed=1)
    trainer.load_checkpoint(str(fold / "checkpoint_latest.pth"))
    weights = torch.load(fold / "checkpoint_latest.pth", weights_only=False)["network_weights"]
    for name, weight in trainer.plain_network.state_dict().items():
        torch.testing.assert_close(weight, weights[name], rtol=0, atol=0)

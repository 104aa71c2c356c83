"""The settings of a training, in plans and in a continued training."""

import json
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import CONFIGURATION, plans_of
from vf_nnunet.training.settings import TrainingSettings, check_continuation, check_retired

FOLD = Path("fold_0")


def test_the_papers_and_deepmedics_numbers() -> None:
    settings = TrainingSettings()
    assert (settings.epochs, settings.learning_rate, settings.momentum) == (35, 1e-3, 0.6)
    assert (settings.l1, settings.l2, settings.epsilon, settings.inner_validation_fraction) == (1e-6, 1e-4, 1e-4, 0.15)


def test_round_trip_through_plans() -> None:
    settings = TrainingSettings(epochs=2, seed=7)
    plans = json.loads(json.dumps({"training": settings.to_plans()}))
    assert TrainingSettings.from_plans(plans) == settings
    assert TrainingSettings.from_plans({}) == TrainingSettings()


def test_plans_from_before_a_setting_have_its_default() -> None:
    older = TrainingSettings(seed=7).to_plans()
    for name in ("flip_probability", "fracture_share", "plateau_factor", "gradient_clip", "poly_exponent"):
        del older[name]
    assert TrainingSettings.from_plans({"training": older}) == TrainingSettings(seed=7)


def test_shares_go_by_the_labels_names() -> None:
    settings = TrainingSettings(background_share=0.5, fracture_share=3.0)
    labels = {"background": 0, "fracture": 1, "disc": 2, "normal": 3}
    assert settings.class_shares(labels) == {(0,): 0.5, (1,): 3.0, (2,): 1.0, (3,): 1.0}


def test_grades_have_the_share_of_fractures_together() -> None:
    settings = TrainingSettings(normal_share=2.0, fracture_share=3.0)
    labels = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4, "ignore": 5}
    assert settings.class_shares(labels) == {(0,): 1.0, (1,): 2.0, (5,): 1.0, (2, 3, 4): 3.0}


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(InputError, match="epoch"):
        TrainingSettings.from_plans({"training": {"epoch": 3}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"iterations_per_epoch": -1},
        {"inner_validation_fraction": 1.0},
        {"schedule": "plateau"},
        {"final_model": "first"},
        {"patience": 0},
        {"stop_patience": -1},
        {"learning_rate": 0},
        {"momentum": 1.0},
        {"l2": float("nan")},
        {"epochs": "35"},
        {"epochs": 10.5},
        {"epochs": True},
        {"iterations_per_epoch": 250.0},
        {"stop_patience": 1.5},
        {"reflected_border": 0},
        {"seed": 1.0},
        {"seed": True},
        {"l1": True},
        {"flip_probability": 1.1},
        {"flip_probability": True},
        {"background_share": 0},
        {"normal_share": -1},
        {"fracture_share": "2"},
        {"plateau_factor": 1},
        {"plateau_factor": 0},
        {"gradient_clip": -1},
        {"normalisation_momentum": 0},
        {"momentum_normalised": 1},
        {"poly_waiting_share": 1},
        {"poly_exponent": 0},
    ],
)
def test_impossible_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        TrainingSettings(**wrong)


@pytest.mark.parametrize("name", ["gradient_clip", "flip_probability", "poly_waiting_share", "stop_patience"])
def test_zero_is_possible(name: str) -> None:
    zero: dict[str, Any] = {name: 0}
    assert getattr(TrainingSettings(**zero), name) == 0


def test_all_impossible_values_are_named_at_once() -> None:
    wrong: dict[str, Any] = {"epochs": 0, "l1": -1, "schedule": "plateau", "epoch": 3}
    problems = (
        "epochs is 0; expected greater than 0",
        "l1 is -1; expected greater than or equal to 0",
        "schedule is 'plateau'; expected 'auto' or 'poly'",
        "epoch: no such setting",
    )
    with pytest.raises(InputError) as error:
        TrainingSettings(**wrong)
    assert error.value.problems == problems
    with pytest.raises(InputError) as error:
        TrainingSettings.from_plans({"training": wrong})
    assert error.value.problems == tuple(f"plans: training setting {problem}" for problem in problems)


def test_plans_of_earlier_versions_are_read_and_not_trained() -> None:
    """Their folds can be probed, but a fold that is trained now would be another kind of model."""
    earlier = {"training": {**TrainingSettings(seed=7).to_plans(), "reflected_border": 0}}
    assert TrainingSettings.from_plans(earlier) == TrainingSettings(seed=7)
    with pytest.raises(InputError, match=r"^plans: training setting reflected_border 0; expected none"):
        check_retired(earlier)
    check_retired({"training": TrainingSettings().to_plans()})


def test_a_training_of_an_earlier_version_is_not_continued() -> None:
    begun = plans_of(reflected_border=0)
    with pytest.raises(InputError, match=r"^fold_0: began with reflected_border 0; .* train anew in an empty"):
        check_continuation(FOLD, begun, plans_of(), CONFIGURATION)


@pytest.mark.parametrize(
    ("setting", "found", "planned"),
    [("patience", 1, 2), ("learning_rate", 0.01, 0.02), ("seed", 2019, 1), ("schedule", "auto", "poly")],
)
def test_changed_settings_are_refused(setting: str, found: object, planned: object) -> None:
    with pytest.raises(InputError) as error:
        check_continuation(FOLD, plans_of(), plans_of(**{setting: planned}), CONFIGURATION)
    assert str(error.value).startswith(f"fold_0: began with {setting} {found}, the plans now have {planned}; ")


@pytest.mark.parametrize(("name", "value"), [("batch_size", 3), ("patch_size", [24, 24, 24])])
def test_changed_segments_are_refused(name: str, value: object) -> None:
    plans = plans_of()
    plans["configurations"][CONFIGURATION][name] = value
    with pytest.raises(InputError, match=f"began with {name} "):
        check_continuation(FOLD, plans_of(), plans, CONFIGURATION)


def test_every_difference_is_a_line() -> None:
    with pytest.raises(InputError) as error:
        check_continuation(FOLD, plans_of(), plans_of(patience=3, l1=0.0), CONFIGURATION)
    assert len(str(error.value).splitlines()) == 2


def test_epochs_and_defaults_missing_from_older_plans_may_differ() -> None:
    older = plans_of()
    older["training"] = {"epochs": 3}
    newer = plans_of()
    newer["training"] = {"epochs": 9, "momentum": 0.6}
    check_continuation(FOLD, older, newer, CONFIGURATION)

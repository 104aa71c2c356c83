"""The regime's numbers."""

import json
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.training.settings import TrainingSettings


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
    assert settings.class_shares(labels) == {0: 0.5, 1: 3.0, 2: 1.0, 3: 1.0}


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
        {"reflected_border": 0.5},
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
def test_none_is_possible(name: str) -> None:
    assert getattr(TrainingSettings(**{name: 0}), name) == 0


def test_all_impossible_values_are_named_at_once() -> None:
    with pytest.raises(InputError) as error:
        TrainingSettings(epochs=0, l1=-1, schedule="plateau")
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "training setting epochs",
        "training setting l1",
        "training setting schedule",
    ]

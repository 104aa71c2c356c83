"""The command `evaluate`: its output and its settings."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.settings import EvaluationSettings
from vf_nnunet.cli import main
from vf_nnunet.commands.evaluate import add_arguments, describe_summary, run


def summary(auc: float | None, interval: list[float] | None) -> dict[str, Any]:
    bootstrap = {"mean": auc, "sd": None, "ci95": interval}
    return {
        "patient": {
            "n": 4,
            "auc_hull": auc,
            "auc_hull_bootstrap": bootstrap,
            "auc_nested": auc,
            "auc_nested_ci95": interval and [interval[0] - 0.1, interval[1] - 0.1],
            "auc_fixed": auc,
            "auc_fixed_bootstrap": bootstrap,
        },
        "vertebra": {"n": 20, "auc": auc, "auc_bootstrap": bootstrap},
        "comparison": None,
        "notes": ["There are no patient-level intervals."],
    }


def test_the_vertebra_auc_comes_last() -> None:
    lines = describe_summary(summary(0.8734, [0.8, 0.91]), Path("out")).splitlines()
    assert lines[0] == f"report: {Path('out') / 'report.html'}"
    assert lines[-1] == "vertebra AUC, 20 vertebrae pooled (95% interval 0.800 to 0.910): 0.873"


def test_the_nested_auc_has_its_own_interval() -> None:
    lines = describe_summary(summary(0.8734, [0.8, 0.91]), Path("out")).splitlines()
    assert lines[2] == "patient AUC, nested (hull of the other folds) (95% interval 0.700 to 0.810): 0.873"


def test_numbers_that_do_not_exist() -> None:
    assert describe_summary(summary(None, None), Path("out")).count("none; see the report for the reason") == 4


def test_the_difference_to_another_detector_is_printed() -> None:
    difference = {"first": 0.9, "second": 0.8, "difference": 0.1, "ci95": [0.05, 0.15], "p": 0.01}
    with_other = summary(0.9, None) | {"comparison": {"patient_hull": difference, "vertebra": None}}
    lines = describe_summary(with_other, Path("out")).splitlines()
    assert lines[1] == "difference to the other detector, patient hull (95% interval 0.050 to 0.150): +0.100"
    assert len(lines) == 6


def own_centres(error: float | None, difference: float | None) -> dict[str, Any]:
    share = {"estimate": 0.9, "ci95": None, "total": 18.0, "count": 20}
    return {
        "detection_rate": share,
        "near_rate": {**share, "total": 17.0},
        "false_in_span": {**share, "total": 1.0},
        "mean_error_mm": {"estimate": error},
        "radius_mm": 20.0,
        "near_radius_mm": 10.0,
        "beyond_span": 4,
        "inserted": {"total": 2, "at_vertebra": 1},
        "difference_from_annotated": difference and {"difference": difference, "ci95": [-0.02, 0.01]},
        "auc": difference and 0.85,
        "auc_bootstrap": {"ci95": [0.8, 0.9] if difference else None},
        "naming": {
            "identification_rate": {**share, "estimate": 0.5},
            "named": {**share, "total": 11.0},
            "right_among_named": {**share, "total": 10.0},
            "most_probable_right": {**share, "estimate": None if error is None else 0.75},
        },
    }


def test_located_vertebrae_are_printed_before_the_vertebra_auc() -> None:
    found = summary(0.9, None)
    found["vertebra"]["own_centres"] = own_centres(1.84, -0.004)
    lines = describe_summary(found, Path("out")).splitlines()
    assert lines[-5:-1] == [
        "vertebrae located in the maps: 18 of 20 within 20 mm, 17 within 10 mm; mean error 1.8 mm; 1 false, 4 beyond "
        "the annotated span, 2 inserted",
        "names of the located vertebrae: identification rate 50.0%; 11 of 20 found are named, 10 of these right; most "
        "probable level right: 75.0%",
        "difference of located to annotated centres, vertebra (95% interval -0.020 to 0.010): -0.004",
        "vertebra AUC at located centres (95% interval 0.800 to 0.900): 0.850",
    ]
    assert lines[-1] == "vertebra AUC, 20 vertebrae pooled: 0.900"


def test_located_vertebrae_without_a_curve() -> None:
    found = summary(None, None)
    found["vertebra"]["own_centres"] = own_centres(None, None)
    lines = describe_summary(found, Path("out")).splitlines()
    assert "mean error unknown; " in lines[-4]
    assert lines[-3].endswith("most probable level right: unknown")
    assert lines[-2] == "vertebra AUC at located centres: none; see the report for the reason"


def test_cube_side_is_a_number_or_auto() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    needed = ["--predictions", "maps", "--annotations", "vertebrae.csv", "-o", "out"]
    assert parser.parse_args(needed).cube == 10
    assert parser.parse_args([*needed, "--cube", "auto"]).cube == "auto"
    assert parser.parse_args([*needed, "--cube", "12"]).cube == 12
    with pytest.raises(SystemExit):
        parser.parse_args([*needed, "--cube", "large"])


Run = Callable[..., EvaluationSettings]


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The settings with which the command evaluates, given further arguments."""
    seen: list[EvaluationSettings] = []

    def keep(_maps: object, _annotations: Path, _output: Path, settings: EvaluationSettings, *_: object) -> Any:
        seen.append(settings)
        return summary(0.9, None)

    def run_with(*arguments: str) -> EvaluationSettings:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        run(parser.parse_args(["--predictions", "maps", "--annotations", "vertebrae.csv", "-o", "out", *arguments]))
        return seen[-1]

    monkeypatch.setattr("evaluation.cohort.sources.find_maps_in_folder", lambda _: [])
    monkeypatch.setattr("evaluation.evaluate.evaluate", keep)
    return run_with


def test_without_options_the_settings_are_the_defaults(settings_of: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert settings_of() == EvaluationSettings()
    assert capsys.readouterr().err == "note: There are no patient-level intervals.\n"


def test_how_voxels_are_counted_reaches_the_settings(settings_of: Run) -> None:
    settings = settings_of("--count", "total", "--connectivity", "6")
    assert (settings.count, settings.connectivity) == ("total", 6)
    with pytest.raises(SystemExit):
        settings_of("--connectivity", "8")


def test_bootstrap_seed_and_noise_thresholds_reach_the_settings(settings_of: Run) -> None:
    settings = settings_of("--bootstrap-replicates", "50", "--seed", "7", "--noise-thresholds", "1", "125", "300")
    assert (settings.bootstrap_replicates, settings.seed) == (50, 7)
    assert settings.noise_thresholds == (1, 125, 300)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--bootstrap-replicates", "1"], "bootstrap_replicates is 1"),
        (["--seed", "-1"], "seed is -1"),
        (["--noise-thresholds", "125", "8"], r"noise_thresholds is \(125, 8\); expected one or more ascending"),
        (
            ["--noise-thresholds", "1", "8"],
            r"reference_noise_threshold is 125; expected one of noise_thresholds \(1, 8\)",
        ),
    ],
)
def test_numbers_that_cannot_be_used_are_refused(settings_of: Run, arguments: list[str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        settings_of(*arguments)


def test_folds_are_a_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They would be ignored, and unpaired cases allowed."""
    needed = ["--predictions", str(tmp_path), "--annotations", "vertebrae.csv", "-o", str(tmp_path / "out")]
    assert main(["evaluate", *needed, "-f", "0"]) == 2
    assert capsys.readouterr().err.startswith("vf_nnunet evaluate: -f needs -m")

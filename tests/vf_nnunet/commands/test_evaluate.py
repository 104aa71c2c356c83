"""What the evaluation prints last."""

import argparse
from pathlib import Path
from typing import Any

import pytest

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
            "auc_fixed": auc,
            "auc_fixed_bootstrap": bootstrap,
        },
        "vertebra": {"n": 20, "auc": auc, "auc_bootstrap": bootstrap},
        "comparison": None,
    }


def test_the_last_word_is_the_vertebra_auc() -> None:
    lines = describe_summary(summary(0.8734, [0.8, 0.91]), Path("out")).splitlines()
    assert lines[0] == f"report: {Path('out') / 'report.html'}"
    assert lines[-1] == "vertebra AUC, 20 vertebrae pooled (95% interval 0.800 to 0.910): 0.873"


def test_numbers_that_do_not_exist() -> None:
    assert describe_summary(summary(None, None), Path("out")).count("none, the report says why") == 4


def test_difference_to_another_detector_is_told() -> None:
    difference = {"first": 0.9, "second": 0.8, "difference": 0.1, "ci95": [0.05, 0.15], "p": 0.01}
    with_other = summary(0.9, None) | {"comparison": {"patient_hull": difference, "vertebra": None}}
    lines = describe_summary(with_other, Path("out")).splitlines()
    assert lines[1] == "difference to the other detector, patient hull (95% interval 0.050 to 0.150): +0.100"
    assert len(lines) == 6


def test_cube_side_is_a_number_or_auto() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    needed = ["--predictions", "maps", "--annotations", "vertebrae.csv", "-o", "out"]
    assert parser.parse_args(needed).cube == 10
    assert parser.parse_args([*needed, "--cube", "auto"]).cube == "auto"
    assert parser.parse_args([*needed, "--cube", "12"]).cube == 12
    with pytest.raises(SystemExit):
        parser.parse_args([*needed, "--cube", "large"])


def test_how_voxels_are_counted_reaches_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[EvaluationSettings] = []

    def keep(_maps: object, _annotations: Path, _output: Path, settings: EvaluationSettings, *_: object) -> Any:
        seen.append(settings)
        return summary(0.9, None)

    monkeypatch.setattr("evaluation.cohort.sources.find_maps_in_folder", lambda _: [])
    monkeypatch.setattr("evaluation.evaluate.evaluate", keep)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    needed = ["--predictions", "maps", "--annotations", "vertebrae.csv", "-o", "out"]
    run(parser.parse_args(needed))
    run(parser.parse_args([*needed, "--count", "total", "--connectivity", "6"]))
    assert [(settings.count, settings.connectivity) for settings in seen] == [("largest", 26), ("total", 6)]
    with pytest.raises(SystemExit):
        parser.parse_args([*needed, "--connectivity", "8"])


def test_folds_are_a_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They would be ignored, and unpaired cases allowed."""
    needed = ["--predictions", str(tmp_path), "--annotations", "vertebrae.csv", "-o", str(tmp_path / "out")]
    assert main(["evaluate", *needed, "-f", "0"]) == 2
    assert capsys.readouterr().err.startswith("vf_nnunet evaluate: -f needs -m")

"""Results in the output folder: kept, made again, replaced or left to other cases."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.model.model import Model
from vf_nnunet.screening.batch import PredictionProcedure
from vf_nnunet.screening.case import ScreeningSettings
from vf_nnunet.screening.earlier_results import check_output, other_results, replaced_results, unfinished
from vf_nnunet.screening.operating_point import OperatingPoint

SETTINGS = ScreeningSettings()


def procedure(
    cases: dict[str, Path], output: Path, model: Model, settings: ScreeningSettings = SETTINGS
) -> PredictionProcedure:
    return PredictionProcedure(cases, output, model, settings)


def test_results_at_other_thresholds_are_predicted_again(finished: dict[str, Path], output: Path, model: Model) -> None:
    settings = replace(SETTINGS, operating_point=OperatingPoint(0.94, 125, "command line"))
    left, warnings = unfinished(finished, output, procedure(finished, output, model, settings))
    assert left == finished
    assert warnings == [
        f"{output / case}.json: probability_threshold 0.5, now 0.94: predicted again" for case in finished
    ]


def test_the_name_of_a_threshold_is_no_difference(finished: dict[str, Path], output: Path, model: Model) -> None:
    settings = replace(SETTINGS, operating_point=OperatingPoint(source="command line"))
    assert unfinished(finished, output, procedure(finished, output, model, settings)) == ({}, [])


def test_results_of_another_model_are_predicted_again(finished: dict[str, Path], output: Path, model: Model) -> None:
    left, (first, _) = unfinished(
        finished, output, procedure(finished, output, model.with_folds(["1"], output), SETTINGS)
    )
    assert left == finished
    assert first == f"{output / 'a.json'}: folds 0+1, now 1: predicted again"
    swapped = replace(model, ensemble=replace(model.ensemble, weights=model.ensemble.weights[::-1]))
    left, (first, _) = unfinished(finished, output, procedure(finished, output, swapped, SETTINGS))
    assert left == finished
    assert "model_sha256" in first
    assert unfinished(finished, output, procedure(finished, output, tiny_model(), SETTINGS)) == ({}, [])


def test_a_replaced_ct_is_predicted_again_and_a_copied_one_is_not(
    finished: dict[str, Path], output: Path, model: Model, ct: np.ndarray
) -> None:
    os.utime(finished["a"], (1, 1))
    save_ct(finished["c"], ct[::-1])
    left, warnings = unfinished(finished, output, procedure(finished, output, model, SETTINGS))
    assert list(left) == ["c"]
    assert warnings == [f"{output / 'c.json'}: the CT {finished['c']} was replaced since: predicted again"]


def test_a_missing_map_or_picture_is_predicted_again(finished: dict[str, Path], output: Path, model: Model) -> None:
    (output / "a_fracture.nii.gz").unlink()
    left, warnings = unfinished(finished, output, procedure(finished, output, model, SETTINGS))
    assert (list(left), warnings) == (["a"], [f"{output / 'a.json'}: a_fracture.nii.gz missing: predicted again"])
    left, _ = unfinished(finished, output, procedure(finished, output, model, replace(SETTINGS, overlay=True)))
    assert left == finished


def test_a_result_without_a_fingerprint_is_kept_and_said(finished: dict[str, Path], output: Path, model: Model) -> None:
    result = json.loads((output / "a.json").read_text(encoding="utf-8"))
    del result["fingerprint"]
    (output / "a.json").write_text(json.dumps(result), encoding="utf-8")
    left, (warning,) = unfinished(finished, output, procedure(finished, output, model, SETTINGS))
    assert left == {}
    assert "a.json: made by an earlier version, which did not record its CT and weights, and kept unchecked" in warning
    settings = replace(SETTINGS, operating_point=OperatingPoint(0.5, 8))
    _, (warning, _) = unfinished(finished, output, procedure(finished, output, model, settings))
    assert "noise_threshold_voxels 125, now 8: predicted again" in warning


def test_other_results_in_the_folder_are_named(finished: dict[str, Path], output: Path, model: Model) -> None:
    assert other_results([], output, procedure({}, output, model, SETTINGS)) == []
    settings = replace(SETTINGS, operating_point=OperatingPoint(0.94))
    assert other_results(finished, output, procedure({}, output, model, settings)) == []
    (warning,) = other_results(["b"], output, procedure({}, output, model, settings))
    assert warning.startswith(f"{output}: results of a, c were made otherwise: probability_threshold 0.5, now 0.94;")
    for name in "defg":
        (output / f"{name}.json").write_bytes((output / "a.json").read_bytes())
    (warning,) = other_results(["b"], output, procedure({}, output, model, settings))
    assert "results of 6 other cases (a, c, d, ...) were made otherwise" in warning


@pytest.mark.parametrize("content", ['{"Modality": "CT"}', "[]", "{"])
def test_a_file_that_is_not_a_result_is_not_replaced(output: Path, content: str) -> None:
    """dcm2niix writes such a file beside each image."""
    (output / "a.json").write_text(content)
    with pytest.raises(InputError, match=r"a\.json: .*expected another output folder"):
        check_output(["a", "b"], output)
    check_output(["b"], output)


def test_a_case_cannot_take_the_place_of_the_record_of_failures(output: Path) -> None:
    with pytest.raises(InputError, match=r"case failed: its result would be failed\.json"):
        check_output(["failed"], output)
    (output / "failed.json").write_text("{")
    with pytest.raises(InputError, match=r"failed\.json: cannot be read"):
        check_output(["a"], output)


def test_a_result_of_another_ct_is_not_replaced_unsaid(
    finished: dict[str, Path], output: Path, cases: dict[str, Path], model: Model, ct: np.ndarray
) -> None:
    assert replaced_results(cases, output, procedure(cases, output, model)) == []
    save_ct(finished["a"], ct[::-1])
    (warning,) = replaced_results(cases, output, procedure(cases, output, model))
    assert warning.startswith(f"{output / 'a.json'}: the result of another CT than {finished['a']}, and replaced")

"""A CT that fails is recorded and does not stop the others."""

import json
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import BrightnessBackend
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.model.model import Model
from vf_nnunet.screening import batch
from vf_nnunet.screening.batch import PredictionProcedure, screen_cases
from vf_nnunet.screening.case import ScreeningSettings
from vf_nnunet.screening.earlier_results import unfinished

SETTINGS = ScreeningSettings()


def test_a_bad_ct_does_not_stop_the_others(
    cases: dict[str, Path],
    output: Path,
    model: Model,
    backend: BrightnessBackend,
    ct: np.ndarray,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failures, _ = screen_cases(cases, output, model, backend, SETTINGS)
    assert list(failures) == ["b"]
    assert all("b.nii.gz" in reason for reason in failures["b"])
    assert json.loads((output / "failed.json").read_text(encoding="utf-8")) == failures
    assert unfinished(cases, output, PredictionProcedure(cases, output, model, SETTINGS)) == ({"b": cases["b"]}, [])
    assert "b (2 of 3)" in capsys.readouterr().err
    # Mended, it is all that is left to do, and then nothing has failed.
    save_ct(cases["b"], ct)
    left, _ = unfinished(cases, output, PredictionProcedure(cases, output, model, SETTINGS))
    assert screen_cases(left, output, model, backend, SETTINGS) == ({}, [])
    assert not (output / "failed.json").exists()
    assert unfinished(cases, output, PredictionProcedure(cases, output, model, SETTINGS)) == ({}, [])


def test_out_of_memory_is_a_reason_too(
    cases: dict[str, Path],
    output: Path,
    model: Model,
    backend: BrightnessBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError("unable to allocate 9 GiB")

    monkeypatch.setattr(batch, "screen_case", exhausted)
    failures, _ = screen_cases(cases, output, model, backend, SETTINGS)
    assert list(failures) == ["a", "b", "c"]
    assert "out of memory (unable to allocate 9 GiB); give --memory a smaller number" in failures["a"][0]


def test_a_reason_names_the_case_or_its_file(
    cases: dict[str, Path],
    output: Path,
    model: Model,
    backend: BrightnessBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A problem of another file, such as a mask, is that of the case; a sentence of any length is no file."""
    ct, mask = cases["a"], cases["c"]
    problems = [f"{ct}: truncated", f"{mask}: no label", "case a: out of order", "x" * 300]

    def bad(*_: object) -> None:
        raise InputError(problems)

    monkeypatch.setattr(batch, "screen_case", bad)
    failures, _ = screen_cases({"a": ct}, output, model, backend, SETTINGS)
    assert failures["a"] == [problems[0], f"case a: {problems[1]}", problems[2], f"{ct}: {problems[3]}"]


def test_a_defect_is_not_taken_for_a_bad_case(
    cases: dict[str, Path],
    output: Path,
    model: Model,
    backend: BrightnessBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(batch, "screen_case", broken)
    with pytest.raises(ValueError, match="a defect"):
        screen_cases(cases, output, model, backend, SETTINGS)


def test_warnings_are_shown(
    cases: dict[str, Path],
    output: Path,
    model: Model,
    backend: BrightnessBackend,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(batch, "screen_case", lambda *_: ("axes were straightened",))
    screen_cases({"a": cases["a"]}, output, model, backend, SETTINGS)
    assert "warning: axes were straightened" in capsys.readouterr().err


def test_a_mask_is_passed_over(
    cases: dict[str, Path],
    output: Path,
    model: Model,
    backend: BrightnessBackend,
    ct: np.ndarray,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_ct(cases["b"], (ct > 1000).astype(np.uint8))
    failures, masks = screen_cases(cases, output, model, backend, SETTINGS)
    assert failures == {}
    (mask,) = masks
    assert mask.path == cases["b"]
    assert "b.nii.gz: values from 0 to 1, a mask or a map of probabilities; expected a CT in HU" in mask.reason
    assert f"passed over: {cases['b']}" in capsys.readouterr().err
    assert list(unfinished(cases, output, PredictionProcedure(cases, output, model, SETTINGS))[0]) == ["b"]


def test_failures_of_other_cases_stay_recorded(
    cases: dict[str, Path], output: Path, model: Model, backend: BrightnessBackend
) -> None:
    earlier = {"z": ["z.nii.gz: truncated"], "a": ["a.nii.gz: truncated"]}
    (output / "failed.json").write_text(json.dumps(earlier), encoding="utf-8")
    failures, _ = screen_cases(cases, output, model, backend, SETTINGS)
    assert list(failures) == ["b"]
    recorded = json.loads((output / "failed.json").read_text(encoding="utf-8"))
    assert recorded == {"z": earlier["z"], **failures}

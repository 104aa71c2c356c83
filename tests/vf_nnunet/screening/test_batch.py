"""A CT that fails is recorded and does not stop the others."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.vf_nnunet.models import BrightnessBackend
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.model.model import Model
from vf_nnunet.screening import batch
from vf_nnunet.screening.batch import screen_cases, unfinished
from vf_nnunet.screening.case import ScreeningSettings

SETTINGS = ScreeningSettings()


@pytest.fixture
def cases(tmp_path: Path, ct: np.ndarray) -> dict[str, Path]:
    """Three CTs, the second truncated."""
    paths = {name: save_ct(tmp_path / f"{name}.nii.gz", ct) for name in "abc"}
    paths["b"].write_bytes(paths["b"].read_bytes()[:3000])
    return paths


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / "output").mkdir()
    return tmp_path / "output"


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
    assert list(unfinished(cases, output)) == ["b"]
    assert "b (2 of 3)" in capsys.readouterr().err
    # Mended, it is all that is left to do, and then nothing has failed.
    save_ct(cases["b"], ct)
    assert screen_cases(unfinished(cases, output), output, model, backend, SETTINGS) == ({}, [])
    assert not (output / "failed.json").exists()
    assert unfinished(cases, output) == {}


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
    assert list(unfinished(cases, output)) == ["b"]

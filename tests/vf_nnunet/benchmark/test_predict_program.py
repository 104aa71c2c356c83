"""The program that predicts in a computation that the commands do not offer."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.benchmark import predict_program
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.predict_program import main, predict_own

FLOAT32 = Computation("torch", "float32", "cpu")


@pytest.mark.parametrize("kind", ["own", "default"])
def test_the_arguments_choose_the_network_and_the_computation(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[Any, ...]] = []
    for name in ("own", "default"):
        monkeypatch.setattr(
            predict_program, f"predict_{name}", lambda *arguments, name=name: called.append((name, *arguments))
        )
    main([kind, "model", "3", "images", "out", "openvino", "bfloat16", "cpu"])
    computation = Computation("openvino", "bfloat16", "cpu")
    assert called == [(kind, Path("model"), "3", Path("images"), Path("out"), computation)]


def test_this_model_is_opened_in_the_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    failures: dict[str, list[str]] = {}
    monkeypatch.setattr(predict_program, "open_model", lambda model, folds: SimpleNamespace(ensemble=folds))
    monkeypatch.setattr(predict_program, "open_backend", lambda *arguments: opened.append(arguments))
    monkeypatch.setattr(predict_program, "find_cases", lambda images: SimpleNamespace(paths={}))
    monkeypatch.setattr(predict_program, "screen_cases", lambda *arguments: (failures, []))
    predict_own(Path("model"), "3", tmp_path, tmp_path / "out", FLOAT32)
    predict_own(Path("model"), "3", tmp_path, tmp_path / "half", Computation("torch", "bfloat16", "cpu"))
    assert [arguments[1:] for arguments in opened] == [("torch", "cpu", "float32"), ("torch", "cpu", "half")]
    failures["ct"] = ["ct.nii.gz: cannot be read"]
    with pytest.raises(InputError, match="cannot be read"):
        predict_own(Path("model"), "3", tmp_path, tmp_path / "failed", FLOAT32)

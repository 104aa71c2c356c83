"""An evaluation knows the model whose operating points it chose."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.evaluation_record import check_evaluation, write_evaluation_record


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for fold in ("fold_0", "fold_1"):
        (tmp_path / "model" / fold).mkdir(parents=True)
        (tmp_path / "model" / fold / "checkpoint_final.pth").write_text(f"weights of {fold}")
    (tmp_path / "evaluation").mkdir()
    return tmp_path / "model"


def test_an_evaluation_of_this_model(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_evaluation_record(tmp_path / "evaluation", [model / "fold_0", model / "fold_1"])
    check_evaluation(tmp_path / "evaluation", model)
    assert capsys.readouterr().err == ""
    write_evaluation_record(tmp_path / "evaluation", [])
    check_evaluation(tmp_path / "evaluation", model)
    assert "warning: " in (error := capsys.readouterr().err)
    assert "not recorded which model was evaluated" in error


def test_an_evaluation_of_another_model(model: Path, tmp_path: Path) -> None:
    write_evaluation_record(tmp_path / "evaluation", [model / "fold_0", model / "fold_1"])
    (model / "fold_1" / "checkpoint_final.pth").write_text("trained anew")
    with pytest.raises(InputError, match=r"evaluated another model than .*model, fold_1 differ; expected"):
        check_evaluation(tmp_path / "evaluation", model)
    with pytest.raises(InputError, match="fold_0, fold_1 differ"):
        check_evaluation(tmp_path / "evaluation", tmp_path / "other")


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_broken_record(model: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "evaluation" / "made_from.json").write_text(content)
    with pytest.raises(InputError, match=r"made_from\.json: cannot be read"):
        check_evaluation(tmp_path / "evaluation", model)

"""An evaluation knows the model whose operating points it chose."""

from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.evaluation_record import check_evaluation, check_evaluation_of_file, write_evaluation_record


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


WEIGHTS = {"fold_0": "a" * 64, "fold_1": "b" * 64}


def test_a_model_file_is_compared_by_its_weights(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation, file = tmp_path / "evaluation", tmp_path / "model.vf"
    write_evaluation_record(evaluation, [model / "fold_0", model / "fold_1"], WEIGHTS)
    check_evaluation_of_file(evaluation, file, WEIGHTS, is_own=False)
    # Some of the evaluated folds are used, or some of the used folds were evaluated.
    check_evaluation_of_file(evaluation, file, {"fold_1": "b" * 64}, is_own=False)
    check_evaluation_of_file(evaluation, file, WEIGHTS | {"fold_2": "c" * 64}, is_own=False)
    assert capsys.readouterr().err == ""
    with pytest.raises(InputError, match=r"evaluation: evaluated another model than .*model\.vf, fold_1 differ; exp"):
        check_evaluation_of_file(evaluation, file, WEIGHTS | {"fold_1": "c" * 64}, is_own=True)
    with pytest.raises(InputError, match="fold_0, fold_1 differ"):
        check_evaluation_of_file(evaluation, file, {"fold_2": "a" * 64}, is_own=False)


def test_without_a_record_only_the_files_own_evaluation_is_known(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation, file = tmp_path / "evaluation", tmp_path / "model.vf"
    write_evaluation_record(evaluation, [model / "fold_0"])
    check_evaluation_of_file(evaluation, file, WEIGHTS, is_own=True)
    assert capsys.readouterr().err == ""
    check_evaluation_of_file(evaluation, file, WEIGHTS, is_own=False)
    assert "not recorded which model was evaluated" in capsys.readouterr().err

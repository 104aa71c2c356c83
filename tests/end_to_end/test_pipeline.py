"""The plugin's commands after one another, and what they say of bad input."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from tests.end_to_end.conftest import DATASET, Workspace


def test_finished_folds_are_not_trained_again(trained: Workspace) -> None:
    checkpoint = trained.model / "fold_0" / "checkpoint_final.pth"
    before = checkpoint.stat().st_mtime_ns
    result = trained.run("vf_nnunet", "train", "-d", str(DATASET), "-f", "0", "1")
    assert result.stdout.count("is finished") == 2
    assert checkpoint.stat().st_mtime_ns == before


def test_training_does_not_read_the_outer_fold(trained: Workspace) -> None:
    """The cases that a training draws from, and its inner validation, are the training cases of its fold."""
    preprocessed = trained.root / "nnUNet_preprocessed" / trained.dataset
    outer = set(json.loads((preprocessed / "splits_final.json").read_text(encoding="utf-8"))[0]["val"])
    inner = set(json.loads((preprocessed / "splits_inner.json").read_text(encoding="utf-8"))[0])
    assert inner
    assert not inner & outer
    # Predicting again, as other tests do, writes a log of its own.
    log = min((trained.model / "fold_0").glob("training_log_*.txt"), key=lambda path: path.stat().st_mtime)
    before_prediction = log.read_text(encoding="utf-8").partition("predicting")[0]
    assert not any(case in before_prediction for case in outer)


def test_doctor_finds_the_trainer(workspace: Workspace) -> None:
    doctor = workspace.run("vf_nnunet", "doctor")
    assert doctor.stdout.endswith("no problems found\n")
    assert doctor.stdout.startswith("python ")
    assert "Warning" not in doctor.stderr


def test_doctor_names_what_is_missing(workspace: Workspace) -> None:
    assert "nnUNet_raw is not set" in workspace.run("vf_nnunet", "doctor", code=2, nnUNet_raw="").stderr


def save(path: Path, array: np.ndarray) -> Path:
    nibabel.save(nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 1.0, 1.0])), path)
    return path


@pytest.fixture
def one_case(workspace: Workspace, tmp_path: Path) -> tuple[Path, Path]:
    """A CT of noise and a table of one vertebra in it."""
    images = tmp_path / "images"
    images.mkdir()
    noise = np.random.default_rng(0).integers(-900, 1200, (40, 40, 60)).astype(np.int16)
    save(images / "a.nii.gz", noise)
    table = tmp_path / "vertebrae.csv"
    table.write_text("case_id,patient_id,vertebra,x,y,z,grade,shape\na,a,L1,20,20,30,0,\n")
    return images, table


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("missing folder", "no such folder"),
        ("centroid outside", "expected inside the image"),
        ("grade without centroid", "L2 with grade '1' has no centroid"),
        ("truncated", "a.nii.gz"),
        ("nan", "NaN"),
        ("two-dimensional", "2-D image"),
        ("wrong column", "column 'grade' is missing, column 'grad' is unknown"),
    ],
)
def test_bad_input_to_convert(
    workspace: Workspace, one_case: tuple[Path, Path], tmp_path: Path, bad: str, message: str
) -> None:
    images, table = one_case
    if bad == "missing folder":
        images = tmp_path / "nowhere"
    elif bad == "centroid outside":
        table.write_text(table.read_text(encoding="utf-8").replace("20,20,30", "20,20,300"))
    elif bad == "grade without centroid":
        table.write_text(table.read_text(encoding="utf-8") + "a,a,L2,,,,1,\n")
    elif bad == "truncated":
        path = images / "a.nii.gz"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif bad == "nan":
        save(images / "a.nii.gz", np.full((40, 40, 60), np.nan, dtype=np.float32))
    elif bad == "two-dimensional":
        save(images / "a.nii.gz", np.zeros((40, 60), dtype=np.int16))
    elif bad == "wrong column":
        table.write_text(table.read_text(encoding="utf-8").replace(",grade,", ",grad,"))
    result = workspace.run(
        *("vf_nnunet", "convert", "--images", str(images), "--annotations", str(table), "-d", "712", "--name", "Bad"),
        code=2,
    )
    errors = [line for line in result.stderr.splitlines() if line.startswith("vf_nnunet convert:")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in result.stderr
    assert not list((workspace.root / "nnUNet_raw").glob("*712*"))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("plan", "-d", "999"), "no dataset has the id 999"),
        (("train", "-d", "999"), "no dataset has the id 999"),
        (("select-model", "-d", "999"), "no dataset has the id 999"),
        (("train", "-d", str(DATASET), "-f", "7"), "no fold 7"),
        (("train", "-d", str(DATASET), "-c", "3d_lowres"), "unknown"),
        (("describe", "-c", "2d"), "unknown"),
        (("predict", "-i", "nowhere.nii.gz", "-o", "out", "-m", "model"), "no such file"),
        (("evaluate", "-m", "nowhere", "--annotations", "none.csv", "-o", "out"), "nowhere"),
        (("export", "-m", "nowhere", "-o", "model.zip"), "not a trained model"),
    ],
)
def test_bad_arguments(planned: Workspace, command: tuple[str, ...], message: str) -> None:
    result = planned.run("vf_nnunet", *command, code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_unset_folder(planned: Workspace) -> None:
    result = planned.run("vf_nnunet", "plan", "-d", str(DATASET), code=2, nnUNet_raw="")
    assert result.stderr.startswith("vf_nnunet plan: nnUNet_raw is not set")


def test_model_without_checkpoints(planned: Workspace, tmp_path: Path) -> None:
    image = next((planned.phantoms / "images").glob("*.nii.gz"))
    output = tmp_path / "output"
    (tmp_path / "model").mkdir()
    for name in ("dataset.json", "nnUNetVFPlans.json"):
        source = planned.root / "nnUNet_preprocessed" / planned.dataset / name
        (tmp_path / "model" / name.replace("nnUNetVFPlans", "plans")).write_text(source.read_text(encoding="utf-8"))
    result = planned.run(
        "vf_nnunet", "predict", "-i", str(image), "-o", str(output), "-m", str(tmp_path / "model"), code=2
    )
    assert "no fold_<k>/checkpoint_final.pth" in result.stderr
    assert not output.exists()

"""A dataset with a class for each grade goes through all commands, ours and nnU-Net's."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch

from dataset_conversion.spine.vertebra_table import read_vertebra_table, write_vertebra_table
from tests.end_to_end.conftest import MODEL, Workspace
from tests.end_to_end.tiny_dataset import write_tiny_dataset

ID = "714"
DATASET = "Dataset714_Grades"
TRAINER = ("-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans")
FOLDS = ("0", "1")
MAPS = ("fracture", "normal", "mild", "moderate", "severe")


def maps_of(folder: Path, case: str) -> dict[str, np.ndarray]:
    return {name: nibabel.load(folder / f"{case}_{name}.nii.gz").get_fdata() for name in MAPS}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def parameters_in(checkpoint: Path) -> int:
    """Trained numbers in a checkpoint. It also holds running means and variances, and nnU-Net's names a layer twice."""
    weights = torch.load(checkpoint, map_location="cpu", weights_only=False)["network_weights"]
    kept = ("running_mean", "running_var", "num_batches_tracked")
    trained = {values.data_ptr(): values.numel() for name, values in weights.items() if not name.endswith(kept)}
    return sum(trained.values())


@pytest.fixture(scope="module")
def graded(workspace: Workspace) -> Workspace:
    """Ten CTs of two vertebrae each, some of each grade, trained for two batches in two folds."""
    folder = workspace.root / "tiny_grades"
    write_tiny_dataset(folder)
    rows = read_vertebra_table(folder / "vertebrae.csv")
    fractured = [number for number, row in enumerate(rows) if row.grade]
    for place, number in enumerate(fractured):
        rows[number] = replace(rows[number], grade=1 + place % 3)
    write_vertebra_table(folder / "vertebrae.csv", rows)
    workspace.run(
        *("vf_nnunet", "convert", "--images", str(folder / "images"), "-d", ID, "--name", "Grades"),
        *("--annotations", str(folder / "vertebrae.csv"), "--classes", "grades"),
    )
    workspace.run("vf_nnunet", "plan", "-d", ID, "--epochs", "1", "--iterations", "2")
    for fold in FOLDS:
        workspace.run("nnUNetv2_train", ID, "3d_fullres", fold, *TRAINER, "-device", "cpu", "--npz")
    return workspace


@pytest.fixture(scope="module")
def model(graded: Workspace) -> Path:
    return graded.root / "nnUNet_results" / DATASET / MODEL


@pytest.fixture(scope="module")
def one_ct(graded: Workspace) -> Path:
    """A folder with the first case's CT."""
    source = graded.root / "one_graded_ct"
    source.mkdir()
    image = min((graded.root / "nnUNet_raw" / DATASET / "imagesTr").iterdir())
    shutil.copy(image, source / image.name)
    return source


@pytest.mark.slow
def test_training_writes_a_map_for_each_grade(graded: Workspace, model: Path) -> None:
    labels = read(model / "dataset.json")["labels"]
    assert labels == {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    validation = model / "fold_0" / "validation"
    assert set(read(validation / "summary.json")["mean"]) == {"1", "2", "3", "4"}
    for case in read(graded.root / "nnUNet_preprocessed" / DATASET / "splits_final.json")[0]["val"]:
        maps = maps_of(validation / "probability_maps", case)
        np.testing.assert_allclose(maps["mild"] + maps["moderate"] + maps["severe"], maps["fracture"], atol=4e-5)
        with np.load(validation / f"{case}.npz") as arrays:
            assert arrays["probabilities"].shape[0] == 5
    assert (model / "fold_0" / "vertebra_probe.json").is_file()
    assert read(model / "fold_0" / "made_from.json")["plans"]["labels"] == labels


@pytest.mark.slow
def test_evaluation_grades_from_maps_and_from_softmax_files_alike(graded: Workspace, model: Path) -> None:
    annotations = graded.root / "nnUNet_raw" / DATASET / "vertebrae.csv"
    masks = graded.root / "tiny_grades" / "masks"
    own, softmax = graded.root / "graded_evaluation", graded.root / "softmax_evaluation"
    options = ("--annotations", str(annotations), "--bootstrap-replicates", "50")
    labels = graded.root / "nnUNet_raw" / DATASET / "labelsTr"
    graded.run(
        *("vf_nnunet", "evaluate", "-m", str(model), "-f", *FOLDS, *options, "-o", str(own)),
        *("--masks", str(masks), "--labels", str(labels)),
    )
    found = read(own / "summary.json")["vertebra"]["grading"]
    assert np.sum(found["confusion"]) == found["n"] == 8
    assert found["height_loss"]["at_least"]["1"]["auc"] is not None
    assert "predicted grade" in (own / "report.html").read_text(encoding="utf-8")
    rows = (own / "vertebra_grades.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "case_id,patient_id,vertebra,grade,predicted_grade,normal,mild,moderate,severe"
    copied = graded.root / "softmax"
    for fold in FOLDS:
        shutil.copytree(
            model / f"fold_{fold}" / "validation",
            copied / f"fold_{fold}" / "validation",
            ignore=shutil.ignore_patterns("probability_maps"),
        )
    shutil.copy(model / "dataset.json", copied)
    graded.run("vf_nnunet", "evaluate", "-m", str(copied), "-f", *FOLDS, *options, "-o", str(softmax))
    other = read(softmax / "summary.json")["vertebra"]
    assert other["auc"] == pytest.approx(read(own / "summary.json")["vertebra"]["auc"], abs=0.2)
    assert np.sum(other["grading"]["confusion"]) == 8


@pytest.mark.slow
def test_prediction_by_folder_file_and_zip_is_the_same(graded: Workspace, model: Path, one_ct: Path) -> None:
    (case,) = (path.name.removesuffix("_0000.nii.gz") for path in one_ct.iterdir())
    file, zipped = graded.root / "grades.vf", graded.root / "grades.zip"
    for path in (file, zipped):
        graded.run("vf_nnunet", "export", "-m", str(model), "-o", str(path))
    elsewhere = graded.root / "installed"
    elsewhere.mkdir()
    graded.run("nnUNetv2_install_pretrained_model_from_zip", str(zipped), nnUNet_results=str(elsewhere))
    found = []
    for name, source in (("folder", model), ("file", file), ("zip", elsewhere / DATASET / MODEL)):
        output = graded.root / f"predicted_by_{name}"
        graded.run(
            *("vf_nnunet", "predict", "-i", str(one_ct), "-o", str(output), "-m", str(source), "-device", "cpu"),
            *("--overlay", "--everywhere"),
        )
        found.append(maps_of(output, case))
    for maps in found:
        total = maps["mild"] + maps["moderate"] + maps["severe"]
        np.testing.assert_allclose(total, maps["fracture"], atol=4e-5)
        for name in MAPS:
            np.testing.assert_allclose(maps[name], found[0][name], atol=1e-3)


@pytest.mark.slow
def test_nnunets_commands(graded: Workspace, model: Path, one_ct: Path) -> None:
    (case,) = (path.name.removesuffix("_0000.nii.gz") for path in one_ct.iterdir())
    outputs = [graded.root / f"stock_{fold}" for fold in FOLDS]
    for fold, output in zip(FOLDS, outputs, strict=True):
        graded.run(
            *("nnUNetv2_predict", "-d", ID, "-i", str(one_ct), "-o", str(output), "-c", "3d_fullres", *TRAINER),
            *("-f", fold, "-device", "cpu", "-npp", "0", "-nps", "0", "--save_probabilities"),
        )
    with np.load(outputs[0] / f"{case}.npz") as arrays:
        np.testing.assert_allclose(arrays["probabilities"].sum(axis=0), 1.0, atol=1e-3)
    merged = graded.root / "stock_ensemble"
    graded.run("nnUNetv2_ensemble", "-i", *map(str, outputs), "-o", str(merged), "-np", "1")
    assert set(np.unique(nibabel.load(merged / f"{case}.nii.gz").get_fdata())) <= set(range(5))
    graded.run("nnUNetv2_find_best_configuration", ID, "-c", "3d_fullres", "-f", *FOLDS, *TRAINER[2:], *TRAINER[:2])
    assert (model.parent / "inference_instructions.txt").is_file()


@pytest.mark.slow
def test_model_selection_by_grades(graded: Workspace, model: Path) -> None:
    """Each class is a row of the table, and the parameters are those of the trained networks."""
    result = graded.run("vf_nnunet", "select-model", "-d", ID, "-device", "cpu")
    output = model.parent / "model_selection"
    table = (output / "model_selection.md").read_text(encoding="utf-8")
    assert table in result.stdout
    rows = read(output / "model_selection.json")["configurations"]
    for row in rows:
        assert list(row["classes"]) == ["normal", "mild", "moderate", "severe"]
        (checkpoint,) = output.glob(f"nnUNet_results/*/*__{row['configuration']}/fold_0/checkpoint_final.pth")
        assert row["parameters"] == parameters_in(checkpoint)
    assert len(rows) == 3
    assert (output / "model_selection.png").stat().st_size > 10_000


@pytest.mark.slow
def test_benchmark_of_grades(graded: Workspace, model: Path) -> None:
    """The fold that is trained already is used; nnU-Net's network has the same five classes."""
    output, masks = graded.root / "graded_benchmark", graded.root / "tiny_grades" / "masks"
    short = ("--default-epochs", "1", "--default-iterations", "2", "--default-gpu-memory", "1")
    command = ("vf_nnunet", "benchmark", "-d", ID, "-f", "0", "--resenc", "-device", "cpu", *short)
    graded.run(*command, "--masks", str(masks), "-o", str(output))
    quick = graded.root / "quick_graded_benchmark"
    graded.run(*command, "--quick", "--patches", "1", "-o", str(quick))
    columns, networks = read(output / "benchmark.json")["columns"], read(quick / "benchmark.json")["columns"]
    (default,) = model.parent.glob("nnUNetTrainerShort__*/fold_0/checkpoint_final.pth")
    for name, checkpoint in (("vf_nnunet", model / "fold_0" / "checkpoint_final.pth"), ("nnU-Net", default)):
        assert columns[name]["vertebrae"]["number"] == 4
        assert columns[name]["vertebrae"]["auc"] is not None
        assert columns[name]["network"]["parameters"] == parameters_in(checkpoint)
        assert networks[name]["network"]["parameters"] == parameters_in(checkpoint)


@pytest.mark.slow
def test_a_model_of_grades_is_not_taken_for_one_of_three_classes(graded: Workspace, model: Path) -> None:
    """The same id converted anew with other classes: the old folds are neither continued nor counted as finished."""
    folder = graded.root / "tiny_grades"
    planned = graded.root / "nnUNet_preprocessed" / DATASET / "dataset.json"
    kept = planned.read_text(encoding="utf-8")
    planned.write_text(json.dumps({**json.loads(kept), "fracture_grade": 2}))
    refused = graded.run("vf_nnunet", "train", "-d", ID, "-f", "0", "-device", "cpu", code=2)
    assert "fracture_grade 1, now 2" in refused.stderr
    planned.write_text(kept)
    graded.run(
        *("vf_nnunet", "convert", "--images", str(folder / "images"), "-d", ID, "--name", "Grades"),
        *("--annotations", str(folder / "vertebrae.csv"), "--overwrite"),
    )
    graded.run("vf_nnunet", "plan", "-d", ID, "--epochs", "1", "--iterations", "2")
    refused = graded.run("vf_nnunet", "train", "-d", ID, "-f", "0", "-device", "cpu", code=2)
    assert "trained from something else than now" in refused.stderr
    assert "labels {'background': 0, 'normal': 1, 'mild': 2, 'moderate': 3, 'severe': 4}" in refused.stderr

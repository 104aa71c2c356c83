"""The command `train`: which of nnU-Net's commands it gives for each fold."""

import json
from pathlib import Path

import pytest

from dataset_conversion.spine.records.file_records import record_file
from tests.vf_nnunet.fold_jobs.logs import write_log
from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.tiny_training import plans_of
from vf_nnunet.cli import main
from vf_nnunet.cluster.settings import ClusterSettings
from vf_nnunet.commands import train
from vf_nnunet.fold_jobs.submission import Training
from vf_nnunet.model import default_model
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.model.start import find_starts
from vf_nnunet.nnunet import train_command
from vf_nnunet.nnunet.dataset_record import raw_files, write_dataset_record
from vf_nnunet.nnunet.fold_record import planned_content, write_fold_record
from vf_nnunet.nnunet.names import NETWORK_CLASS, model_folder_name

NAME = "Dataset007_Test"
DATA = "nnUNetVFPlans_3d_fullres"
CASES = ["a", "b", "c"]
SPLITS = [{"train": [case for case in CASES if case != held_out], "val": [held_out]} for held_out in CASES]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model's folder of a planned dataset of three folds."""
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    preprocessed = tmp_path / "nnUNet_preprocessed" / NAME
    (preprocessed / DATA).mkdir(parents=True)
    for case in CASES:
        (preprocessed / DATA / f"{case}.pkl").touch()
    configuration = {"data_identifier": DATA, "architecture": {"network_class_name": NETWORK_CLASS}}
    plans = {"plans_name": "nnUNetVFPlans", "configurations": {"3d_fullres": configuration}}
    (preprocessed / "nnUNetVFPlans.json").write_text(json.dumps(plans))
    (preprocessed / "splits_final.json").write_text(json.dumps(SPLITS))
    return tmp_path / "nnUNet_results" / NAME / model_folder_name("3d_fullres")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments of nnUNetv2_train that would have been run."""
    given: list[list[str]] = []

    def record(command: list[str]) -> None:
        assert Path(command[0]).name == "nnUNetv2_train"
        given.append(command[1:])

    monkeypatch.setattr(train_command, "run_nnunet", record)
    return given


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def finish(fold: Path, *others: str) -> None:
    """Write what nnU-Net and the plugin leave of a fold that is trained and predicted."""
    validation = ("validation/summary.json", "validation/a.nii.gz")
    write(fold, "checkpoint_final.pth", "checkpoint_best.pth", "vertebra_probe.json", *validation, *others)


def of_fold(fold: int, *options: str) -> list[str]:
    identity = ["7", "3d_fullres", str(fold), "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans"]
    return [*identity, "-device", "cpu", *options]


def test_finished_folds_are_skipped_and_interrupted_ones_continued(
    model: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    finish(model / "fold_0")
    write(model / "fold_1", "checkpoint_latest.pth", "checkpoint_best.pth")
    assert main(["train", "-d", "7", "-device", "cpu"]) == 0
    assert commands == [of_fold(1, "--c"), of_fold(2)]
    assert capsys.readouterr().out == f"fold 0 is finished: {model / 'fold_0'}\n"


def test_a_trained_fold_is_only_predicted(model: Path, commands: list[list[str]]) -> None:
    write(model / "fold_2", "checkpoint_final.pth", "checkpoint_best.pth", "vertebra_probe.json")
    assert main(["train", "-d", "7", "-f", "2", "-device", "cpu"]) == 0
    assert commands == [of_fold(2, "--val")]


def test_a_trained_fold_without_a_probe_gets_one(
    model: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a version without probes left it."""
    fitted = []
    monkeypatch.setattr(train, "fit_finished_fold", lambda *fold: fitted.append(fold))
    for fold in range(3):
        finish(model / f"fold_{fold}")
    (model / "fold_1" / "vertebra_probe.json").unlink()
    assert main(["train", "-d", "7", "-device", "cpu"]) == 0
    assert fitted == [(7, "3d_fullres", 1, "cpu")]
    assert commands == []


def test_a_missing_probe_is_fitted_before_the_prediction(
    model: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that was interrupted after its last epoch; the prediction then knows where vertebrae can be."""
    monkeypatch.setattr(train, "fit_finished_fold", lambda *_: commands.append(["fit"]))
    write(model / "fold_2", "checkpoint_final.pth", "checkpoint_best.pth")
    assert main(["train", "-d", "7", "-f", "2", "-device", "cpu"]) == 0
    assert commands == [["fit"], of_fold(2, "--val")]


def test_softmax_files_are_made_where_they_are_missing(model: Path, commands: list[list[str]]) -> None:
    finish(model / "fold_0")
    finish(model / "fold_1", "validation/a.npz")
    assert main(["train", "-d", "7", "-device", "cpu", "--npz"]) == 0
    assert commands == [of_fold(0, "--npz", "--val"), of_fold(2, "--npz")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-f", "1", "3"), "no fold 3; it has folds 0 to 2"),
        (("-c", "3d_lowres"), "configuration 3d_lowres: unknown"),
    ],
)
def test_nothing_is_trained_on_bad_arguments(
    model: Path,
    commands: list[list[str]],
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "-d", "7", "-device", "cpu", *options]) == 2
    assert message in capsys.readouterr().err
    assert commands == []


def test_missing_cases_are_found_before_anything_is_trained(
    model: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    next(model.parents[2].glob("nnUNet_preprocessed/*/*/c.pkl")).unlink()
    assert main(["train", "-d", "7", "-device", "cpu"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert commands == []


def test_the_fold_all_trains_on_every_case(model: Path, commands: list[list[str]]) -> None:
    next(model.parents[2].glob("nnUNet_preprocessed/*/splits_final.json")).unlink()
    assert main(["train", "-d", "7", "-f", "all", "-device", "cpu"]) == 0
    assert commands == [["7", "3d_fullres", "all", "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans", "-device", "cpu"]]


def test_a_fold_that_is_neither_a_number_nor_all(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "-d", "7", "-f", "first"])
    assert "invalid fold_name value: 'first'" in capsys.readouterr().err


def write_record(preprocessed: Path, raw: Path) -> None:
    write_dataset_record(preprocessed, {name: record_file(path) for name, path in raw_files(raw).items()})


def recorded(model: Path, *folds: int) -> Path:
    """Record the raw files of the dataset, and that the folds were trained from them; return the raw dataset."""
    raw, preprocessed = (model.parents[2] / f"nnUNet_{part}" / NAME for part in ("raw", "preprocessed"))
    for case in CASES:
        write(raw, f"imagesTr/{case}_0000.nii.gz", f"labelsTr/{case}.nii.gz")
    write_record(preprocessed, raw)
    for fold in folds:
        write_fold_record(model / f"fold_{fold}", planned_content(preprocessed, "3d_fullres", fold))
    return raw


def test_folds_trained_from_other_labels_are_not_finished(
    model: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    finish(model / "fold_0")
    write(model / "fold_1", "checkpoint_latest.pth")
    raw = recorded(model, 0, 1)
    assert main(["train", "-d", "7", "-f", "0", "-device", "cpu"]) == 0
    assert capsys.readouterr() == (f"fold 0 is finished: {model / 'fold_0'}\n", "")
    (raw / "labelsTr" / "b.nii.gz").write_text("corrected")
    assert main(["train", "-d", "7", "-device", "cpu"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"1 labels (b) of {raw} changed since vf_nnunet plan" in line
    write_record(model.parents[2] / "nnUNet_preprocessed" / NAME, raw)
    assert main(["train", "-d", "7", "-device", "cpu"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"vf_nnunet train: {model / f'fold_{fold}'}: trained from something else than now: 1 labels (b) changed; "
        "restore that, or delete this folder to train the fold anew"
        for fold in (0, 1)
    ]
    assert commands == []


def test_a_fold_without_a_record_is_kept_and_said(
    model: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    finish(model / "fold_0")
    recorded(model)
    assert main(["train", "-d", "7", "-f", "0", "-device", "cpu"]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"fold 0 is finished: {model / 'fold_0'}\n"
    assert captured.err.startswith(f"warning: {model / 'fold_0'}: trained or planned by an earlier version")


def test_a_dataset_may_be_given_by_its_name(
    model: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "-d", NAME, "-f", "0", "-device", "cpu"]) == 0
    assert commands == [of_fold(0)]
    for name, problem in (
        ("Dataset007_Other", "the dataset with this id is Dataset007_Test"),
        ("Dataset008_Test", "no dataset has the id 8"),
        ("Test", "expected a number, or a name such as Dataset701_Fractures"),
    ):
        with pytest.raises(SystemExit):
            main(["train", "-d", name, "-f", "0", "-device", "cpu"])
        assert problem in capsys.readouterr().err


@pytest.fixture
def start(model: Path, tmp_path: Path) -> Path:
    """A model file of two folds, and plans and classes with which a training can begin with it."""
    write_model_file(tmp_path / "start.vf", tiny_model())
    preprocessed = model.parents[2] / "nnUNet_preprocessed" / NAME
    plans = plans_of()
    plans["configurations"]["3d_fullres"]["data_identifier"] = DATA
    labels = {"background": 0, "normal": 1, "fracture": 2}
    for name, content in (
        ("nnUNetVFPlans.json", plans),
        ("dataset.json", {"channel_names": {"0": "CT"}, "labels": labels}),
    ):
        (preprocessed / name).write_text(json.dumps(content))
    return tmp_path / "start.vf"


def begin(model: Path, fold: int, pretrained: dict[str, str] | None, *files: str) -> None:
    """A fold that recorded its beginning, with these files."""
    (model / f"fold_{fold}").mkdir(parents=True)
    write(model / f"fold_{fold}", *files)
    content = planned_content(model.parents[2] / "nnUNet_preprocessed" / NAME, "3d_fullres", fold)
    write_fold_record(model / f"fold_{fold}", content | {"pretrained": pretrained})


def problems(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("vf_nnunet train: ")]


def test_new_folds_begin_with_the_weights_and_others_continue(
    model: Path, start: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = {fold: found.origin for fold, found in find_starts(str(start), [0, 1, 2]).items()}
    begin(model, 0, {**origin[0]}, "checkpoint_final.pth", "vertebra_probe.json", "validation/summary.json")
    begin(model, 1, {**origin[1], "file": "/where/it/was/before.vf"}, "checkpoint_latest.pth")
    begin(model, 2, None)
    assert main(["train", "-d", "7", "-device", "cpu", "--from", str(start)]) == 0
    continued, new = commands
    assert continued == of_fold(1, "--c")
    assert new[:-1] == of_fold(2, "-pretrained_weights")
    monkeypatch.setattr(default_model, "PHANTOM_FILE", start)
    assert main(["train", "-d", "7", "-f", "all", "-device", "cpu", "--from", "phantom"]) == 0
    assert commands[2][-2] == "-pretrained_weights"


def test_folds_that_began_otherwise(
    model: Path, start: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    origin = {fold: found.origin for fold, found in find_starts(str(start), [0, 1, 2]).items()}
    begin(model, 0, None, "checkpoint_latest.pth")
    begin(model, 1, {**origin[0]}, "checkpoint_final.pth", "vertebra_probe.json")
    assert main(["train", "-d", "7", "-f", "0", "-device", "cpu", "--from", str(start)]) == 2
    end = "as in --from: give --from as it was, or delete this folder to train the fold anew"
    assert problems(capsys) == [
        f"vf_nnunet train: {model / 'fold_0'}: began with random weights; expected {start} (fold 0), {end}",
        f"vf_nnunet train: {model / 'fold_1'}: began with {start} (fold 0); expected {start} (fold 1), {end}",
    ]
    assert main(["train", "-d", "7", "-device", "cpu"]) == 2
    assert problems(capsys) == [
        f"vf_nnunet train: {model / 'fold_1'}: began with the weights {start} (fold 0); expected --from {start} for "
        "fold 2 too, or delete this folder"
    ]
    assert commands == []
    assert main(["train", "-d", "7", "-f", "0", "1", "-device", "cpu"]) == 0
    assert commands[0] == of_fold(0, "--c")


def test_a_start_that_does_not_fit_is_found_before_any_training(
    model: Path, start: Path, commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    path = model.parents[2] / "nnUNet_preprocessed" / NAME / "nnUNetVFPlans.json"
    plans = json.loads(path.read_text())
    plans["configurations"]["3d_fullres"]["normalization_schemes"] = ["CTNormalization"]
    path.write_text(json.dumps(plans))
    assert main(["train", "-d", "7", "-device", "cpu", "--from", str(start)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{start}: trained with --normalisation image" in line
    assert commands == []


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Training, ClusterSettings]]:
    """What would have been trained by jobs."""
    calls: list[tuple[Training, ClusterSettings]] = []
    monkeypatch.setattr("vf_nnunet.fold_jobs.follow.train_by_jobs", lambda *call: calls.append(call))
    return calls


def test_configurations_and_folds_as_jobs(
    model: Path, start: Path, commands: list[list[str]], given: list[tuple[Training, ClusterSettings]]
) -> None:
    plans = model.parents[2] / "nnUNet_preprocessed" / NAME / "nnUNetVFPlans.json"
    content = json.loads(plans.read_text())
    content["configurations"]["3d_1slice"] = content["configurations"]["3d_fullres"]
    plans.write_text(json.dumps(content))
    options = (
        "--cluster",
        "slurm",
        "--slurm-partition",
        "gpu",
        "--slurm-time",
        "1-0",
        "--slurm",
        "qos=high",
        "-f",
        "0",
        "1",
    )
    assert main(["train", "-d", "7", *options, "-c", "3d_fullres", "3d_1slice", "--npz", "--folds-per-gpu", "2"]) == 0
    ((training, settings),) = given
    assert settings == ClusterSettings("slurm", partition="gpu", minutes=1440, extra={"qos": "high"})
    assert training.folds_per_job == 2
    assert training.place == model.parent / "cluster_jobs"
    assert list(training.arguments.values()) == [
        ("vf_nnunet", "train", "-d", "7", "-c", configuration, "-f", fold, "--npz")
        for configuration in ("3d_fullres", "3d_1slice")
        for fold in ("0", "1")
    ]
    assert {goal.softmax_files for goal in training.goals.values()} == {True}
    assert commands == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--slurm-cpus", "2", "--slurm", "a=b"), "--slurm-cpus, --slurm: given without --cluster"),
        (("--folds-per-gpu", "2"), "--folds-per-gpu: given without --cluster"),
        (("--cluster", "slurm", "--folds-per-gpu", "0"), "--folds-per-gpu 0: expected 1 or more"),
        (("--cluster", "slurm", "--slurm-cpus", "0"), "--slurm-cpus 0: expected 1 or more"),
        (("--cluster", "slurm", "--slurm-time", "soon"), "--slurm-time soon: expected a time limit"),
        (("--cluster", "slurm", "--slurm", "=1"), "--slurm =1: expected NAME=VALUE"),
        (("--cluster", "slurm", "-c", "3d_lowres"), "configuration 3d_lowres: unknown"),
    ],
)
def test_bad_options_of_a_cluster(
    model: Path,
    given: list[tuple[Training, ClusterSettings]],
    options: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "-d", "7", *options]) == 2
    assert capsys.readouterr().err.startswith(f"vf_nnunet train: {message}")
    assert given == []


def test_jobs_shows_all_folds_of_a_begun_model(model: Path, start: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "-d", "7"]) == 0
    assert "no fold is trained or submitted" in capsys.readouterr().out
    finish(model / "fold_0")
    write_log(model / "fold_1", [(0, 0.25, 58.0), (1, 0.2, 58.0)], cut=2)
    write(model / "fold_1", "checkpoint_latest.pth")
    assert main(["jobs", "-d", "7"]) == 0
    head, *rows = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head[:3] == ["configuration", "fold", "state"]
    assert rows == [
        ["3d_fullres", "0", "finished", "0", "of", "4", str(model / "fold_0")],
        ["3d_fullres", "1", "begun", "2", "of", "4", "0.2500", "2", str(model / "fold_1")],
        ["3d_fullres", "2", "not", "begun", "0", "of", "4"],
    ]

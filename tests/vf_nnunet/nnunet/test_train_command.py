"""nnUNetv2_train for a fold in each of its states, and its exit code."""

import sys
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import TRAINER_FOLDER
from vf_nnunet.nnunet.train_command import fold_arguments, run_nnunet, training_command, training_epochs

IDENTITY = ["7", "3d_fullres", "2", "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans"]


def test_a_fold_is_identified_as_nnunet_expects_it() -> None:
    assert fold_arguments(7, "3d_fullres", 2) == IDENTITY
    assert fold_arguments(7, "2d", 0, "Other", "otherPlans") == ["7", "2d", "0", "-tr", "Other", "-p", "otherPlans"]


@pytest.mark.parametrize(
    ("checkpoints", "options"),
    [
        ((), []),
        (("checkpoint_latest.pth",), ["--c"]),
        (("checkpoint_latest.pth", "checkpoint_final.pth"), ["--val"]),
    ],
)
@pytest.mark.parametrize("softmax_files", [False, True])
def test_a_fold_continues_where_it_is(
    tmp_path: Path, checkpoints: tuple[str, ...], options: list[str], softmax_files: bool
) -> None:
    for name in checkpoints:
        (tmp_path / name).touch()
    program, *arguments = training_command(IDENTITY, "cpu", tmp_path, softmax_files)
    assert Path(program).name == "nnUNetv2_train"
    assert arguments == [*IDENTITY, "-device", "cpu", *(["--npz"] if softmax_files else []), *options]


def test_a_command_finds_the_trainer_and_its_variables(tmp_path: Path) -> None:
    path = tmp_path / "variables"
    program = f"import os; open({str(path)!r}, 'w').write(os.environ['nnUNet_extTrainer'] + ' ' + os.environ['MINE'])"
    run_nnunet([sys.executable, "-c", program], {"MINE": "yes"})
    trainers, mine = path.read_text(encoding="utf-8").split(" ")
    assert trainers.startswith(str(TRAINER_FOLDER))
    assert mine == "yes"


def test_a_command_that_fails() -> None:
    with pytest.raises(InputError, match="ended with exit code 3; its output is above"):
        run_nnunet([sys.executable, "-c", "raise SystemExit(3)"])


def test_epochs_are_reported_and_the_output_logged(tmp_path: Path) -> None:
    output = "2019-01-01 10:00:00: Epoch 0 \\nEpoch 1 of another kind\\n2019-01-01 10:01:00: Epoch 12\\n"
    log = tmp_path / "log"
    log.write_text("earlier\n")
    assert list(training_epochs([sys.executable, "-c", f"print('{output}', end='')"], log)) == [0, 12]
    assert log.read_text().splitlines()[0] == "earlier"
    assert len(log.read_text().splitlines()) == 4


def test_a_training_that_fails_names_its_log(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"ended with exit code 3; see {tmp_path / 'log'}"):
        list(training_epochs([sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log"))

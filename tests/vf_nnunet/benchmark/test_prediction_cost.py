"""The prediction commands that are timed, and their costs."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, read_volume, write_volume
from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Commands, Dataset
from vf_nnunet.benchmark import prediction_cost
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.measured_process import ProcessCost
from vf_nnunet.benchmark.length import Length
from vf_nnunet.benchmark.prediction_cost import (
    PROGRAM,
    describe_default_prediction,
    describe_other_prediction,
    describe_own_prediction,
)

COMPUTATION = Computation("torch", "float32", "cpu")
ARM = Arm(DATASET_ID, "nnUNetTrainerShort", "nnUNetPlans_1x2", "3d_fullres", Length(1, 2))


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    array = np.random.default_rng(0).integers(-900, 900, (40, 7, 8)).astype(np.int16)
    write_volume(tmp_path / "scan.nii.gz", Volume(array, np.diag([1.0, -1.0, 2.0, 1.0])), np.int16)
    return tmp_path / "scan.nii.gz"


def test_default_nnunet_is_timed_without_and_with_mirroring(dataset: Dataset, commands: Commands, ct: Path) -> None:
    commands.costs = [ProcessCost(10.0, 3.0), ProcessCost(70.0, 2.0)]
    described = describe_default_prediction(ARM, 1, ct, COMPUTATION, dataset.root / "log")
    assert (described["seconds"], described["seconds_with_mirroring"]) == (10.0, 70.0)
    assert described["peak_gb"] == 3.0
    assert described["seconds_with_default_mirroring"] == 70.0
    assert (described["backend"], described["precision"], described["device"]) == ("torch", "float32", "cpu")
    plain, mirrored = commands.run
    assert plain[:3] == ["nnUNetv2_predict", "-d", "7"]
    assert plain[plain.index("-f") + 1] == "1"
    assert "--disable_tta" in plain
    assert "--disable_tta" not in mirrored
    assert plain[plain.index("-i") + 1] == mirrored[mirrored.index("-i") + 1]
    assert plain[plain.index("-o") + 1] != mirrored[mirrored.index("-o") + 1]


def test_this_model_predicts_the_same_fold_of_the_same_file(dataset: Dataset, commands: Commands, ct: Path) -> None:
    described = describe_own_prediction(ARM, 1, ct, COMPUTATION, dataset.root / "log")
    assert described["ct"] == "scan.nii.gz"
    assert described["seconds_with_mirroring"] is None
    (command,) = commands.run
    assert command[1:4] == ["-m", "vf_nnunet", "predict"]
    assert command[command.index("-m", 2) + 1] == str(ARM.folder)
    assert command[command.index("-f") + 1] == "1"


def test_the_ct_has_the_form_that_nnunet_expects(ct: Path, tmp_path: Path) -> None:
    written = read_volume(prediction_cost._input_folder(ct, tmp_path) / "ct_0000.nii.gz")
    original = read_volume(ct)
    np.testing.assert_array_equal(written.array, original.array[:, ::-1])
    assert written.spacing == pytest.approx(original.spacing)


@pytest.mark.parametrize(("softmax", "kind"), [(True, "default"), (False, "own")])
def test_another_computation_is_run_by_a_program_of_ours(
    dataset: Dataset, commands: Commands, ct: Path, softmax: bool, kind: str
) -> None:
    arm = Arm(DATASET_ID, "nnUNetTrainer", "nnUNetPlans", "3d_fullres", Length(1, 2), softmax_files=softmax)
    computation = Computation("openvino", "bfloat16", "cpu")
    described = describe_other_prediction(arm, 1, ct, computation, dataset.root / "log")
    (command,) = commands.run
    assert command[1:6] == ["-m", PROGRAM, kind, str(arm.folder), "1"]
    assert command[-3:] == ["openvino", "bfloat16", "cpu"]
    assert described["backend"] == "openvino"
    assert described["seconds_with_default_mirroring"] is None

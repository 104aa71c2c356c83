"""A small cohort, converted, planned and trained once by the real commands."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

DATASET = 711
CASES = 10
EPOCHS = 2
MODEL = "nnUNetTrainerVF__nnUNetVFPlans__3d_fullres"


@dataclass(frozen=True)
class Workspace:
    """nnU-Net's folders of the tests and how to run commands in them."""

    root: Path

    @property
    def phantoms(self) -> Path:
        return self.root / "phantoms"

    @property
    def dataset(self) -> str:
        return f"Dataset{DATASET}_Phantoms"

    @property
    def model(self) -> Path:
        return self.root / "nnUNet_results" / self.dataset / MODEL

    @property
    def environment(self) -> dict[str, str]:
        folders = {name: str(self.root / name) for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")}
        return {**os.environ, **folders, "nnUNet_extTrainer": _trainer_folder(), "nnUNet_def_n_proc": "1"}

    def run(self, *command: str, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of this Python's environment; its exit code must be `code`."""
        name, *arguments = command
        result = subprocess.run(
            [_script(name), *arguments],
            env={**self.environment, **variables},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert result.returncode == code, f"{' '.join(command)}\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}"
        return result


@cache
def _trainer_folder() -> str:
    """What a user's shell puts into nnUNet_extTrainer."""
    command = [_script("vf_nnunet"), "trainer-dir"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip()


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Empty folders of nnU-Net."""
    space = Workspace(tmp_path_factory.mktemp("workspace"))
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (space.root / name).mkdir()
    return space


@pytest.fixture(scope="session")
def planned(workspace: Workspace) -> Workspace:
    """Ten phantoms, converted, planned and preprocessed."""
    workspace.run(
        *("vf_nnunet", "phantom", "-o", str(workspace.phantoms), "--cases", str(CASES), "--seed", "5"),
        *("--field-of-view", "spine"),
    )
    workspace.run(
        *("vf_nnunet", "convert", "--images", str(workspace.phantoms / "images"), "-d", str(DATASET)),
        *("--annotations", str(workspace.phantoms / "vertebrae.csv"), "--name", "Phantoms"),
    )
    workspace.run("vf_nnunet", "plan", "-d", str(DATASET), "--epochs", str(EPOCHS), "--iterations", "3")
    plans = workspace.root / "nnUNet_preprocessed" / workspace.dataset / "nnUNetVFPlans.json"
    content = json.loads(plans.read_text(encoding="utf-8"))
    content["training"]["validation_iterations"] = 1
    plans.write_text(json.dumps(content, indent=4))
    return workspace


@pytest.fixture(scope="session")
def trained(planned: Workspace) -> Workspace:
    """Folds 0 and 1, trained with nnU-Net's own command, with nnU-Net's softmax files."""
    for fold in ("0", "1"):
        planned.run(
            *("nnUNetv2_train", str(DATASET), "3d_fullres", fold, "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans"),
            *("-device", "cpu", "--npz"),
        )
    return planned

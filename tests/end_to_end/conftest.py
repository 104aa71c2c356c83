"""A small cohort, converted, planned and trained by the real commands, once in a run of pytest.

Tests change what they get, so each process of pytest-xdist works on a copy of its own. The first process that needs
the cohort makes it while the others wait at a lock; the two folds are trained by two processes where there are two.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import pytest
from filelock import FileLock

DATASET = 711
CASES = 10
EPOCHS = 2
FOLDS = ("0", "1")
FOLDERS = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
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
        folders = {name: str(self.root / name) for name in FOLDERS}
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


def once(name: Path, make: Callable[[], object]) -> None:
    """Call `make` unless a process of this run has done so under this name."""
    with FileLock(f"{name}.lock"):
        finished = name.with_name(f"{name.name}.finished")
        if not finished.exists():
            make()
            finished.touch()


def make_planned(space: Workspace) -> None:
    """Ten phantoms, converted, planned and preprocessed."""
    for name in FOLDERS:
        (space.root / name).mkdir(parents=True)
    space.run(
        *("vf_nnunet", "phantom", "-o", str(space.phantoms), "--cases", str(CASES), "--seed", "5"),
        *("--field-of-view", "spine"),
    )
    space.run(
        *("vf_nnunet", "convert", "--images", str(space.phantoms / "images"), "-d", str(DATASET)),
        *("--annotations", str(space.phantoms / "vertebrae.csv"), "--name", "Phantoms"),
    )
    space.run("vf_nnunet", "plan", "-d", str(DATASET), "--epochs", str(EPOCHS), "--iterations", "3")
    plans = space.root / "nnUNet_preprocessed" / space.dataset / "nnUNetVFPlans.json"
    content = json.loads(plans.read_text(encoding="utf-8"))
    content["training"]["validation_iterations"] = 1
    plans.write_text(json.dumps(content, indent=4))


def train(space: Workspace, fold: str) -> None:
    """Train a fold with nnU-Net's own command, which writes its softmax files too."""
    space.run(
        *("nnUNetv2_train", str(DATASET), "3d_fullres", fold, "-tr", "nnUNetTrainerVF", "-p", "nnUNetVFPlans"),
        *("-device", "cpu", "--npz"),
    )


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run see."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Empty folders of nnU-Net."""
    space = Workspace(tmp_path_factory.mktemp("workspace"))
    for name in FOLDERS:
        (space.root / name).mkdir()
    return space


@pytest.fixture(scope="session")
def planned(workspace: Workspace, shared_folder: Path) -> Workspace:
    """Ten phantoms, converted, planned and preprocessed."""
    planned_once = Workspace(shared_folder / "planned")
    once(planned_once.root, partial(make_planned, planned_once))
    shutil.copytree(planned_once.root, workspace.root, dirs_exist_ok=True)
    return workspace


@pytest.fixture(scope="session")
def trained(planned: Workspace, shared_folder: Path, worker_id: str) -> Workspace:
    """Folds 0 and 1, trained with nnU-Net's own command, with nnU-Net's softmax files."""
    trained_once = Workspace(shared_folder / "trained")
    once(trained_once.root, partial(shutil.copytree, shared_folder / "planned", trained_once.root))
    for fold in reversed(FOLDS) if worker_id == "gw1" else FOLDS:
        once(shared_folder / f"trained_fold_{fold}", partial(train, trained_once, fold))
    for name in FOLDERS[1:]:
        shutil.copytree(trained_once.root / name, planned.root / name, dirs_exist_ok=True)
    return planned

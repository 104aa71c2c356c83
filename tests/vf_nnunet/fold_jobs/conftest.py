"""Folds that train in a moment."""

from pathlib import Path

import pytest

from vf_nnunet.fold_jobs import work
from vf_nnunet.fold_jobs.stand import Goal
from vf_nnunet.fold_jobs.submission import Training

MODEL = "nnUNetTrainerVF__nnUNetVFPlans__3d_fullres"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """nnU-Net's results of a dataset; the waits of jobs are short."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(work, "LOOK_SECONDS", 0.05)
    return tmp_path / "nnUNet_results" / "Dataset001_Tiny"


def fake_training(results: Path, fails: dict[int, int], epochs: int = 3, folds_per_job: int = 1) -> Training:
    """A training of folds that fail as often as given."""
    folders = {fold: results / MODEL / f"fold_{fold}" for fold in fails}
    arguments = {
        folder: ("tests.vf_nnunet.fold_jobs.fake_training", str(folder), str(epochs), str(fails[fold]))
        for fold, folder in folders.items()
    }
    goals = dict.fromkeys(arguments, Goal(epochs))
    return Training(results / "cluster_jobs", goals, arguments, folds_per_job=folds_per_job)

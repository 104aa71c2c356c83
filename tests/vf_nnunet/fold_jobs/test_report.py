"""What is said of folds whose jobs ended in each way."""

import pickle
from pathlib import Path

import pytest

from vf_nnunet.fold_jobs.progress import Progress
from vf_nnunet.fold_jobs.record import FoldJob
from vf_nnunet.fold_jobs.report import report
from vf_nnunet.fold_jobs.stand import Stand

TRACE = """Traceback (most recent call last):
  File "work.py", line 3, in __call__
    raise InputError(problems)
dataset_conversion.spine.errors.InputError: nnUNet_raw: not set on a; expected /b
/shared/token.txt: missing on a
"""


def said(folder: Path, state: str = "failed", result: tuple[str, object] | None = None) -> list[str]:
    """The report of a fold with a log of an earlier job."""
    log = folder / "3d_fullres_fold_0.log"
    if result is not None:
        (folder / "7_0_result.pkl").write_bytes(pickle.dumps(result))
    fold = folder / "nnUNetTrainerVF__nnUNetVFPlans__3d_fullres" / "fold_0"
    return report(folder, Stand(fold, state, FoldJob("slurm", "7", 4), Progress(), 4, log))


def test_a_job_that_sees_other_folders(tmp_path: Path) -> None:
    """The log is of an earlier job, and would mislead."""
    (tmp_path / "3d_fullres_fold_0.log").write_text("all was well\n")
    assert said(tmp_path, result=("error", TRACE)) == [
        "3d_fullres fold 0: job 7: nnUNet_raw: not set on a; expected /b",
        "3d_fullres fold 0: job 7: /shared/token.txt: missing on a",
    ]


def test_a_killed_job(tmp_path: Path) -> None:
    (tmp_path / "3d_fullres_fold_0.log").write_text("".join(f"line {number}\n" for number in range(9)))
    (tmp_path / "7_0_log.err").write_text("srun: error: task 0: Killed\n")
    (tmp_path / "7_0_log.out").write_text("")
    lines = said(tmp_path, "killed")
    assert lines[0] == "3d_fullres fold 0: job 7: ended without a result"
    assert lines[2] == "  srun: error: task 0: Killed"
    assert lines[4:] == [f"  line {number}" for number in range(4, 9)]


@pytest.mark.parametrize(
    ("ends", "result", "first"),
    [
        ("0\n1\n2\n", None, "ended 3 times without an epoch in between (killed, or --slurm-time is too short"),
        ("0\n1\n1\n", None, "ended without a result"),
        ("", ("success", ["a"]), "ended, but the fold is not finished"),
        ("", ("error", "no traceback"), "no traceback"),
    ],
)
def test_no_output(tmp_path: Path, ends: str, result: tuple[str, object] | None, first: str) -> None:
    (tmp_path / "7.ends").write_text(ends)
    lines = said(tmp_path, "killed", result)
    assert lines[0].startswith(f"3d_fullres fold 0: job 7: {first}")
    hint = f"3d_fullres fold 0: job 7: there is no output; do the machines of the jobs see {tmp_path}?"
    assert lines[1:] == ([] if first == "no traceback" else [hint])


def test_a_cancelled_job(tmp_path: Path) -> None:
    assert said(tmp_path, "cancelled") == [
        "3d_fullres fold 0: its job was cancelled; give the command again to go on with it"
    ]

import os
from pathlib import Path

import pytest

from tests.vf_nnunet.fold_jobs.logs import write_log
from vf_nnunet.fold_jobs.progress import Progress, read_progress


def test_a_fold_that_is_not_there(tmp_path: Path) -> None:
    progress = read_progress(tmp_path / "fold_0")
    assert progress == Progress()
    assert progress.minutes_left(35) is None


def test_several_starts(tmp_path: Path) -> None:
    """An epoch that was cut is repeated; the time of an epoch holds that of its checkpoint."""
    write_log(tmp_path, [(0, 0.2, 58.0), (1, 0.5, 58.0)], cut=2)
    write_log(tmp_path, [(2, 0.4, 118.0), (3, float("nan"), 118.0)], cut=4)
    progress = read_progress(tmp_path)
    assert (progress.epochs, progress.best, progress.seconds) == (4, 0.5, 90.0)
    assert progress.minutes_left(10) == pytest.approx(9)
    assert progress.minutes_left(3) == 0


def test_a_new_training_in_the_folder(tmp_path: Path) -> None:
    write_log(tmp_path, [(epoch, 0.9, 10.0) for epoch in range(5)])
    write_log(tmp_path, [(0, 0.1, 10.0)], cut=1)
    assert read_progress(tmp_path) == Progress(1, 0.1, 12.0)


def test_logs_are_read_in_the_order_of_their_time(tmp_path: Path) -> None:
    """nnU-Net writes months without a leading zero."""
    write_log(tmp_path, [(0, 0.1, 10.0)])
    write_log(tmp_path, [(1, 0.2, 10.0)])
    first, second = sorted(tmp_path.glob("*.txt"))
    first.rename(tmp_path / "training_log_2026_9_30_12_00_00.txt")
    second.rename(tmp_path / "training_log_2026_10_1_12_00_00.txt")
    os.utime(tmp_path / "training_log_2026_9_30_12_00_00.txt", (1, 1))
    assert read_progress(tmp_path).epochs == 2


def test_a_damaged_log(tmp_path: Path) -> None:
    (tmp_path / "training_log_1.txt").write_bytes(
        b"\xff\xfe: Epoch 3\n2026: Epoch x\nsomewhere foreground Dice 0.5, 3 s"
    )
    assert read_progress(tmp_path) == Progress()

"""Logs as nnU-Net and the trainer write them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

BEGIN = datetime(2026, 3, 1, 12)


def write_log(folder: Path, epochs: Sequence[tuple[int, float, float]], cut: int | None = None) -> None:
    """Add a log of one start of a training.

    Args:
        folder: Folder of the fold.
        epochs: Number, Dice and seconds of each epoch; each ends two seconds before the next begins.
        cut: Number of an epoch that only begins.
    """
    lines, now = ["", "#####", f"{BEGIN}: Using torch.compile..."], BEGIN
    for number, dice, seconds in epochs:
        lines += ["", f"{now}: ", f"{now}: Epoch {number} ", f"{now}: Current learning rate: 0.001 "]
        ended = now + timedelta(seconds=seconds)
        lines.append(
            f"{ended}: train loss 1.39, inner validation loss 1.00, foreground Dice {dice:.4f}, {seconds:.1f} s, "
            "6.3% of the training spent waiting for segments "
        )
        now = ended + timedelta(seconds=2)
    if cut is not None:
        lines.append(f"{now}: Epoch {cut} ")
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("training_log_*.txt")))
    (folder / f"training_log_2026_3_1_12_00_{number:02d}.txt").write_text("\n".join(lines) + "\n")

"""Stands for the training of a fold in tests: `python -m` this module FOLDER EPOCHS [FAILS]; it goes on if begun.

Each start ends one epoch, and fails with the exit code 3 as long as it was started at most FAILS times.
"""

import sys
from pathlib import Path

from tests.vf_nnunet.fold_jobs.logs import write_log


def main(folder: Path, epochs: int, fails: int) -> int:
    """Train."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = folder / "starts"
    starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
    latest = folder / "checkpoint_latest.pth"
    done = int(latest.read_text()) if latest.exists() else 0
    if len(starts.read_text()) <= fails:
        sys.stderr.write("the GPU has fallen off the bus\n")
        return 3
    write_log(folder, [(epoch, 0.1 * epoch, 60.0) for epoch in range(done, epochs)])
    latest.write_text(str(epochs))
    (folder / "validation").mkdir(exist_ok=True)
    for name in ("checkpoint_final.pth", "vertebra_probe.json", "validation/summary.json"):
        (folder / name).write_text("")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int([*sys.argv, "0"][3])))

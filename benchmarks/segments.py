"""Compare trainings that learn from the same number of voxels per step in segments of different sizes.

python benchmarks/segments.py DEMO [--segments 9x24 15x5] [--seeds 2019 2020] -o OUTPUT

DEMO is the folder of a finished `vf_nnunet demo`. "9x24" is 24 segments per step that predict 9^3 voxels each. Each
size is trained with each seed on all folds of the demo's dataset and evaluated out of fold. OUTPUT keeps what is
finished, so an interrupted run continues. Seconds are those of the processor, for the trainings with their predictions.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLANS = "nnUNetVFPlans.json"
CONTEXT = 48
"""Voxels of a segment beyond those that it predicts."""


@dataclass(frozen=True)
class Arm:
    """One size of segments with one seed.

    Attributes:
        predicted: Side of the cube that a segment predicts.
        segments: Segments per step.
        seed: Seed of the training.
    """

    predicted: int
    segments: int
    seed: int

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.predicted}x{self.segments}_seed{self.seed}"


def main() -> None:
    """Train, evaluate and print one row per arm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("--segments", nargs="+", default=["9x24", "15x5"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[2019, 2020])
    parser.add_argument("-o", dest="output", type=Path, required=True)
    arguments = parser.parse_args()
    arms = [_arm(size, seed) for seed in arguments.seeds for size in arguments.segments]
    sys.stdout.write("| segments | seed | vertebra AUC | patient hull AUC | processor s |\n")
    for arm in arms:
        row = _run(arguments.demo.absolute(), arm, arguments.output.absolute() / arm.name)
        size = f"{arm.segments} of {arm.predicted}^3"
        sys.stdout.write(f"| {size} | {arm.seed} | {' | '.join(f'{value:.3f}' for value in row)} |\n")
        sys.stdout.flush()


def _arm(size: str, seed: int) -> Arm:
    predicted, segments = size.split("x")
    return Arm(int(predicted), int(segments), seed)


def _run(demo: Path, arm: Arm, folder: Path) -> tuple[float, float, float]:
    """Vertebra and patient AUC; seconds of the processor for all folds."""
    raw = next((demo / "nnUNet_raw").glob("Dataset*"))
    environment = _own_folders(demo, raw.name, arm, folder)
    seconds_file = folder / "seconds.json"
    seconds = json.loads(seconds_file.read_text()) if seconds_file.is_file() else {}
    for fold in range(len(json.loads((raw / "splits_final.json").read_text()))):
        if str(fold) not in seconds:
            seconds[str(fold)] = _train(raw.name, fold, environment, folder)
            seconds_file.write_text(json.dumps(seconds))
    model = next((folder / "nnUNet_results" / raw.name).iterdir())
    evaluation = folder / "evaluation"
    if not (evaluation / "summary.json").is_file():
        command = [sys.executable, "-m", "vf_nnunet", "evaluate", "-m", str(model), "-o", str(evaluation)]
        subprocess.run([*command, "--annotations", str(raw / "vertebrae.csv")], env=environment, check=True)
    summary = json.loads((evaluation / "summary.json").read_text())
    return summary["vertebra"]["auc"], summary["patient"]["auc_hull"], sum(seconds.values())


def _own_folders(demo: Path, dataset: str, arm: Arm, folder: Path) -> dict[str, str]:
    """Links to the demo's preprocessed cases beside plans with the arm's segments and seed."""
    preprocessed = folder / "nnUNet_preprocessed" / dataset
    preprocessed.mkdir(parents=True, exist_ok=True)
    for path in (demo / "nnUNet_preprocessed" / dataset).iterdir():
        link = preprocessed / path.name
        if path.name != PLANS and not link.exists():
            link.symlink_to(path)
    plans: dict[str, Any] = json.loads((demo / "nnUNet_preprocessed" / dataset / PLANS).read_text())
    plans["training"]["seed"] = arm.seed
    planned = plans["configurations"]["3d_fullres"]
    planned["patch_size"] = [arm.predicted + CONTEXT] * 3
    planned["batch_size"] = arm.segments
    (preprocessed / PLANS).write_text(json.dumps(plans, indent=2))
    (folder / "nnUNet_results").mkdir(exist_ok=True)
    return {
        **os.environ,
        "nnUNet_raw": str(demo / "nnUNet_raw"),
        "nnUNet_preprocessed": str(preprocessed.parent),
        "nnUNet_results": str(folder / "nnUNet_results"),
    }


def _train(dataset: str, fold: int, environment: dict[str, str], folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "vf_nnunet", "train", "-d", dataset[7:10].lstrip("0"), "-f", str(fold)]
    with (folder / f"train_fold_{fold}.log").open("w") as log:
        subprocess.run([*command, "-device", "cpu"], env=environment, check=True, stdout=log, stderr=log)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

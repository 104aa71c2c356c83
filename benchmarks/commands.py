"""Measure time and peak memory of each command on the cohort and model of a finished demo.

python benchmarks/commands.py [--demo demo]
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from vf_nnunet.benchmark.cost.measured_process import MEMORY_NOTE, run_measured

MODEL = Path("nnUNet_results/Dataset701_Phantoms/nnUNetTrainerVF__nnUNetVFPlans__3d_fullres")


def commands(demo: Path, output: Path) -> dict[str, list[str]]:
    """Arguments of each command by name, in the order in which they run."""
    table = demo / "phantoms" / "vertebrae.csv"
    images = demo / "phantoms" / "images"
    dataset = ["-d", "701"]
    return {
        "--help": ["--help"],
        "doctor": ["doctor"],
        "describe": ["describe"],
        "phantom (four whole bodies)": ["phantom", "-o", str(output / "phantoms"), "--cases", "4"],
        "convert": ["convert", "--images", str(images), "--annotations", str(table), *dataset, "--name", "Phantoms"],
        "plan": ["plan", *dataset, "--epochs", "1", "--iterations", "8"],
        "train (one fold, 8 batches)": ["train", *dataset, "-f", "0"],
        "predict (one case, five folds)": [
            *("predict", "-i", str(sorted(images.iterdir())[0]), "-o", str(output / "maps"), "-m", str(demo / MODEL))
        ],
        "evaluate": [
            *("evaluate", "-m", str(demo / MODEL), "--annotations", str(table), "-o", str(output / "evaluation"))
        ],
        "export": ["export", "-m", str(demo / MODEL), "-o", str(output / "model.zip")],
    }


def main() -> None:
    """Print one row per command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, default=Path("demo"))
    demo = parser.parse_args().demo.absolute()
    with tempfile.TemporaryDirectory() as folder:
        variables = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")
        environment = {**os.environ, **{variable: str(Path(folder, variable)) for variable in variables}}
        for variable in variables:
            Path(folder, variable).mkdir()
        sys.stdout.write("| command | seconds | GB, all processes |\n|---|---|---|\n")
        for name, arguments in commands(demo, Path(folder)).items():
            command = [sys.executable, "-m", "vf_nnunet", *arguments]
            cost = run_measured(command, Path(folder, "commands.log"), environment)
            sys.stdout.write(f"| {name} | {cost.seconds:.1f} | {cost.peak_gb:.2f} |\n")
        sys.stdout.write(f"\n{MEMORY_NOTE}\n")


if __name__ == "__main__":
    main()

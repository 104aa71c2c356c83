"""Compare `vf_nnunet plan` with nnU-Net's own fingerprint extraction and preprocessing by the same planner.

python benchmarks/planning.py [--cases 5] [--processes 2] [--repeats 1]

It makes the first CTs of the phantoms of `vf_nnunet phantom --cohort paper --seed 1`, converts them, and plans them
with both in turn, each time from nothing. CPU seconds are those of all processes; they depend less than wall-clock
seconds on what else is running. The last column extrapolates to the 90 CTs of the cohort by the number of voxels,
without the time that both need to start.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import nibabel
import numpy as np

from dataset_conversion.phantom.cohort.case import plan_case
from dataset_conversion.phantom.cohort.presets import BODY
from dataset_conversion.spine.files import write_json
from vf_nnunet.planning.plan_dataset import PREPROCESSED_CASES

KIBIBYTE_IN_GB = 1024 / 1e9
SEED, COHORT = 1, 90
STOCK = """
import sys
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprint_dataset, preprocess_dataset
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PLANS
from vf_nnunet.planning.fingerprint import INTENSITY_SAMPLES
from vf_nnunet.planning.planner import VFPlanner

class Extractor(DatasetFingerprintExtractor):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.num_foreground_voxels_for_intensitystats = INTENSITY_SAMPLES

if __name__ == "__main__":
    processes = int(sys.argv[1])
    extract_fingerprint_dataset(701, Extractor, processes)
    VFPlanner(701).plan_experiment()
    preprocess_dataset(701, PLANS, (DEFAULT_CONFIGURATION,), (processes,))
"""
"""What `vf_nnunet plan` did before it preprocessed by itself. Its worker processes import the file."""


@dataclass(frozen=True)
class Cost:
    """The cost of one run.

    Attributes:
        cpu: CPU seconds of all processes.
        wall: Seconds.
        memory: Peak memory of the largest process in GB of 10^9 bytes.
    """

    cpu: float
    wall: float
    memory: float


def run(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command and measure it together with its worker processes."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss * KIBIBYTE_IN_GB)


def prepare(folder: Path, cases: int, processes: int) -> dict[str, str]:
    """Make and convert the phantoms; return the environment with nnU-Net's folders."""
    environment = dict(os.environ)
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        environment[variable] = str(folder / variable)
        (folder / variable).mkdir()
    phantoms, shared = folder / "phantoms", ["-np", str(processes)]
    run(own("phantom", "-o", str(phantoms), "--cases", str(cases), "--seed", str(SEED), *shared), environment)
    tables = ["--images", str(phantoms / "images"), "--annotations", str(phantoms / "vertebrae.csv")]
    run(own("convert", *tables, "-d", "701", "--name", "Phantoms", *shared), environment)
    (folder / "stock.py").write_text(STOCK)
    return environment


def own(*arguments: str) -> list[str]:
    """A command of this Python's `vf_nnunet`."""
    return [sys.executable, "-m", "vf_nnunet", *arguments]


def differences(ours: Path, theirs: Path) -> str:
    """Compare the preprocessed datasets as nnU-Net's training loads them."""
    from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class

    largest, voxels, drawn = 0.0, 0, True
    folders = [str(folder / PREPROCESSED_CASES) for folder in (ours, theirs)]
    found, expected = (infer_dataset_class(folder)(folder) for folder in folders)
    for case in expected.identifiers:
        (image, labels, _, properties), (other, other_labels, _, other_properties) = found[case], expected[case]
        largest = max(largest, float(np.abs(image[:] - other[:]).max()))
        voxels += int(np.count_nonzero(labels[:] != other_labels[:]))
        locations, others = properties["class_locations"], other_properties["class_locations"]
        drawn &= all(np.array_equal(locations[part], others[part]) for part in others)
    ours_read, theirs_read = (
        json.loads((folder / "dataset_fingerprint.json").read_text(encoding="utf-8")) for folder in (ours, theirs)
    )
    return (
        f"largest difference of intensities {largest:.1e}; {voxels} voxels with another label; class locations "
        f"{'the same' if drawn else 'differ'}; fingerprint {'the same' if ours_read == theirs_read else 'differs'}"
    )


def voxels_of(raw: Path) -> int:
    """Voxels of all CTs of a raw dataset."""
    return sum(int(np.prod(nibabel.load(path).shape)) for path in (raw / "imagesTr").iterdir())


def main() -> None:
    """Print one row per arm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=5, metavar="N", help="CTs; 90 are the whole cohort (default: 5)")
    parser.add_argument("--processes", type=int, default=2, metavar="N")
    parser.add_argument("--repeats", type=int, default=1, metavar="N")
    parser.add_argument("--json", type=Path, help="also write every run's figures to this file")
    arguments = parser.parse_args()
    processes = str(arguments.processes)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environment = prepare(folder, arguments.cases, arguments.processes)
        arms = {
            "nnU-Net's functions": [sys.executable, str(folder / "stock.py"), processes],
            "vf_nnunet plan": own("plan", "-d", "701", "-np", processes),
            "vf_nnunet plan again": own("plan", "-d", "701", "-np", processes),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in arms}
        outputs = {name: folder / f"preprocessed_{number}" for number, name in enumerate(arms)}
        outputs["vf_nnunet plan again"] = outputs["vf_nnunet plan"]
        for repeat in range(arguments.repeats):
            for name, command in arms.items():
                place = outputs[name] / str(repeat)
                place.mkdir(parents=True, exist_ok=True)
                costs[name].append(run(command, {**environment, "nnUNet_preprocessed": str(place)}))
        sys.stdout.write(table(costs, voxels_of(folder / "nnUNet_raw" / "Dataset701_Phantoms"), arguments.cases))
        ours, theirs = (
            outputs[name] / "0" / "Dataset701_Phantoms" for name in ("vf_nnunet plan", "nnU-Net's functions")
        )
        sys.stdout.write(differences(ours, theirs) + "\n")
        if arguments.json:
            write_json(arguments.json, {name: [vars(cost) for cost in runs] for name, runs in costs.items()})


def table(costs: dict[str, list[Cost]], voxels: int, cases: int) -> str:
    """The rows; the run that finds everything done already shows the time to start."""
    middle: dict[str, dict[str, Any]] = {
        name: {part: median(getattr(cost, part) for cost in runs) for part in ("cpu", "wall", "memory")}
        for name, runs in costs.items()
    }
    start = middle["vf_nnunet plan again"]["cpu"]
    cohort = sum(int(np.prod(plan_case(SEED, case, BODY).grid.shape)) for case in range(COHORT))
    lines = [
        f"{cases} CTs, {voxels / 1e6:.0f} million voxels; the cohort of {COHORT}: {cohort / 1e6:.0f} million\n",
        "| | CPU s | s | GB, largest process | CPU s of the cohort, extrapolated |\n|---|---|---|---|---|\n",
    ]
    whole = {name: start + (row["cpu"] - start) * cohort / voxels for name, row in middle.items()}
    for name, row in middle.items():
        lines.append(f"| {name} | {row['cpu']:.1f} | {row['wall']:.1f} | {row['memory']:.2f} | {whole[name]:.0f} |\n")
    times = [
        figures["nnU-Net's functions"] / figures["vf_nnunet plan"]
        for figures in ({name: row["cpu"] for name, row in middle.items()}, whole)
    ]
    lines.append(f"{times[0]:.1f} times as fast in CPU seconds; the cohort, extrapolated: {times[1]:.1f} times\n")
    return "".join(lines)


if __name__ == "__main__":
    main()

"""Time each step of a conversion: header, check, hash, read, label and write, in turn in one run.

python benchmarks/labelling.py [--repeats N]

Two cases: a CT of 512 x 512 x 500 voxels with a whole thoracic and lumbar spine, noise on smooth tissue, and a phantom.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from dataset_conversion.checks.voxels import check_image
from dataset_conversion.dataset.inputs import record_inputs
from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.labels.ellipsoids import draw_labels
from dataset_conversion.labels.placement import EllipsoidSettings
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange
from dataset_conversion.spine.levels import LEVELS
from dataset_conversion.spine.vertebra_table import Vertebra

SHAPE = (500, 512, 512)
SPACING = (1.0, 0.7, 0.7)
GOAL = 0.10


def whole_spine() -> tuple[Volume, list[Vertebra]]:
    """A CT with 17 vertebrae, T1 to L5, every third one fractured."""
    rng = np.random.default_rng(0)
    tissue = np.zeros(SHAPE, dtype=np.int16)
    tissue[:] = (300 * np.sin(np.arange(SHAPE[2]) / 40)).astype(np.int16)
    for plane in tissue:
        plane += rng.integers(-30, 31, plane.shape, dtype=np.int16)
    levels = [level for level in LEVELS if level[0] in "TL" and level not in {"T13", "L6"}]
    steps = [expected_spacing("T1", level) if level != "T1" else 0.0 for level in levels]
    vertebrae = [
        Vertebra("spine", "spine", level, 180.0, 200.0, 490.0 - step, 2 if number % 3 == 0 else 0)
        for number, (level, step) in enumerate(zip(levels, steps, strict=True))
    ]
    return Volume(tissue, np.diag([*SPACING[::-1], 1.0])), vertebrae


def phantom() -> tuple[Volume, list[Vertebra]]:
    """The first phantom of seed 1."""
    plan = plan_case(1, 0, SPINE)
    return render_case(plan, SPINE)[0], plan.rows()


def seconds(steps: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median time of each step; the steps are run in turn."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repeats):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            times[name].append(time.perf_counter() - started)
    return {name: median(values) for name, values in times.items()}


def measure(volume: Volume, vertebrae: list[Vertebra], folder: Path, repeats: int) -> dict[str, float]:
    """Seconds of each step of a case's conversion."""
    source, image, label = (folder / f"{name}.nii.gz" for name in ("source", "image", "label"))
    write_volume(source, volume, np.int16)
    labels = draw_labels(volume, vertebrae, EllipsoidSettings())

    def write() -> None:
        write_volume(image, volume, np.int16)
        write_volume(label, Volume(labels, volume.affine), np.uint8)

    return seconds(
        {
            "header": lambda: read_image_header(source),
            "check": lambda: check_image(source, HounsfieldRange()),
            "hash": lambda: record_inputs({"source": source}, 1),
            "read": lambda: read_ct(source),
            "label": lambda: draw_labels(volume, vertebrae, EllipsoidSettings()),
            "write": write,
        },
        repeats,
    )


def main() -> None:
    """Print the seconds and the share of each step, and the ratio of labelling to reading and writing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    for name, make in (("CT of 512 x 512 x 500", whole_spine), ("phantom", phantom)):
        volume, vertebrae = make()
        with tempfile.TemporaryDirectory() as folder:
            times = measure(volume, vertebrae, Path(folder), repeats)
        whole = sum(times.values())
        sys.stdout.write(f"{name}, {len(vertebrae)} vertebrae, median of {repeats}\n")
        for step, value in times.items():
            sys.stdout.write(f"  {step:6}{value:8.3f} s {100 * value / whole:6.1f} %\n")
        ratio = times["label"] / (times["read"] + times["write"])
        sys.stdout.write(f"  labelling / (reading + writing): {100 * ratio:.1f} %; expected below {100 * GOAL:.0f} %\n")


if __name__ == "__main__":
    main()

"""Compare the preprocessing of a CT with nnU-Net's own: time and largest difference.

python benchmarks/resampling.py CT [CT ...]

Both resample to 1 mm and compute the z-score; reading is not timed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from nnunetv2.preprocessing.normalization.default_normalization_schemes import ZScoreNormalization
from nnunetv2.preprocessing.resampling.default_resampling import compute_new_shape, resample_data_or_seg_to_shape

from dataset_conversion.images.volume import Volume, read_volume, to_canonical
from vf_nnunet.inference.preprocessing import SUPPORTED, Preprocessing, nonzero_bounds, preprocess

SPACING = (1.0, 1.0, 1.0)


def here(volume: Volume) -> Any:
    """The network's image (1, z, y, x)."""
    return preprocess(volume.array, volume.affine, Preprocessing(SPACING)).array


def by_nnunet(volume: Volume) -> Any:
    """The same image, by the steps of nnU-Net's DefaultPreprocessor."""
    z, y, x = (slice(*bounds) for bounds in nonzero_bounds(volume.array))
    image = volume.array[z, y, x].astype(np.float32)[np.newaxis]
    image = ZScoreNormalization(use_mask_for_norm=False, intensityproperties={}).run(image)
    shape = compute_new_shape(image.shape[1:], volume.spacing, SPACING)
    return resample_data_or_seg_to_shape(
        image, shape, volume.spacing, SPACING, **SUPPORTED["resampling_fn_data_kwargs"]
    )


def seconds(steps: dict[str, Callable[[Volume], Any]], volume: Volume, repeats: int) -> tuple[dict[str, float], float]:
    """Median time of each step, run in turn, and the largest difference between their results."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    results = {}
    for _ in range(repeats):
        for name, step in steps.items():
            started = time.perf_counter()
            results[name] = step(volume)
            times[name].append(time.perf_counter() - started)
    first, second = results.values()
    return {name: median(values) for name, values in times.items()}, float(np.abs(first - second).max())


def main() -> None:
    """Print one row per CT."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cts", type=Path, nargs="+", metavar="CT")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    sys.stdout.write(
        "| CT | voxels | nnU-Net, s | here, s | times faster | largest difference |\n|---|---|---|---|---|---|\n"
    )
    for path in arguments.cts:
        volume = to_canonical(read_volume(path))
        times, difference = seconds({"nnU-Net": by_nnunet, "here": here}, volume, arguments.repeats)
        slow, fast = times.values()
        shape = " x ".join(map(str, volume.array.shape))
        sys.stdout.write(
            f"| {path.name} | {shape} | {slow:.2f} | {fast:.2f} | {slow / fast:.0f} | {difference:.1e} |\n"
        )


if __name__ == "__main__":
    main()

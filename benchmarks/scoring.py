"""Time the evaluation: patient scores compared with labelling, the maps of a cohort, and all statistics.

python benchmarks/scoring.py [--map FRACTURE.nii.gz] [--maps N]

The component tree and cc3d are timed in one run on 256^3 voxels: on a given map, which is tiled, or on blobs along a
curve; and on smoothed noise. cc3d labels the voxels at or above each of 100 thresholds and its components
are counted; both give the largest component for every noise threshold.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cc3d
import numpy as np
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray
from evaluation.analysis.curves import analyse
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map, write_probability_map
from evaluation.patient.rule import patient_scores
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores

SIDE = 256
COHORT_SIDE = 300
THRESHOLDS = 100
PATIENTS, NEGATIVES, VERTEBRAE = 90, 11, 10
KIBIBYTE_IN_GB = 1024 / 1e9
SETTINGS = EvaluationSettings()


def blobs(side: int, seed: int) -> FloatArray:
    """Vertebrae of different probability along a curve, over faint smooth noise."""
    generator = np.random.default_rng(seed)
    noise = ndimage.zoom(generator.random((side // 10 + 1,) * 3, dtype=np.float32), 10, order=1)[:side, :side, :side]
    probability: FloatArray = (0.1 * noise**4).astype(np.float32)
    radius = 20
    z, y, x = np.ogrid[-radius:radius, -radius:radius, -radius:radius]
    for centre in range(radius, side - radius, 28):
        blob = generator.beta(0.5, 1.0) * np.exp(-((z**2 / 72 + y**2 / 128 + x**2 / 200) ** 2))
        row, column = side // 2 + int(20 * np.sin(centre / 40)), side // 2
        box = np.s_[centre - radius : centre + radius, row - radius : row + radius, column - radius : column + radius]
        probability[box] = np.maximum(probability[box], blob)
    return probability


def tiled(path: Path) -> FloatArray:
    """A map repeated until it fills the cube."""
    probability = read_probability_map(path).probability
    times = [-(-SIDE // size) for size in probability.shape]
    repeated: FloatArray = np.ascontiguousarray(np.tile(probability, times)[:SIDE, :SIDE, :SIDE])
    return repeated


def smoothed_noise() -> FloatArray:
    """Noise smoothed by two voxels, from 0 to 1."""
    noise: FloatArray = ndimage.gaussian_filter(np.random.default_rng(0).random((SIDE,) * 3, dtype=np.float32), 2)
    noise = (noise - noise.min()) / np.ptp(noise)
    return noise


def label_at_thresholds(probability: FloatArray, count: bool) -> None:
    """Label at each threshold; the size of components is known only with counting."""
    for threshold in np.linspace(SETTINGS.probability_floor, 1, THRESHOLDS, endpoint=False):
        labels = cc3d.connected_components((probability >= threshold).view(np.uint8), connectivity=26)
        if count:
            np.bincount(labels.ravel())


def seconds(step: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def compare_with_labelling(name: str, probability: FloatArray) -> None:
    """Print one row of the table."""
    probability_map = ProbabilityMap.from_probability(probability, np.eye(4))
    tree = min(seconds(lambda: patient_scores(probability_map, SETTINGS)) for _ in range(3))
    labelled = seconds(lambda: label_at_thresholds(probability, count=False))
    counted = seconds(lambda: label_at_thresholds(probability, count=True))
    above = float(np.mean(probability >= SETTINGS.probability_floor))
    sys.stdout.write(
        f"| {name} | {above:.0%} | {tree:.2f} | {counted:.1f} | {counted / tree:.0f} | {labelled / tree:.0f} |\n"
    )


def score_maps(maps: int) -> None:
    """Print the time to read and score the maps of a cohort on one core, and the peak memory of the process."""
    reading = scoring = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(maps):
            path = Path(folder, "map_fracture.nii.gz")
            write_probability_map(path, blobs(COHORT_SIDE, seed), np.eye(4))
            started = time.perf_counter()
            probability_map = read_probability_map(path)
            reading += time.perf_counter() - started
            scoring += seconds(lambda: patient_scores(probability_map, SETTINGS))  # noqa: B023
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE_IN_GB
    sys.stdout.write(f"{maps} maps of {COHORT_SIDE}^3: reading {reading:.1f} s, patient scores {scoring:.1f} s, ")
    sys.stdout.write(f"peak memory {peak:.1f} GB\n")


def cohort() -> CohortScores:
    """Scores of a cohort of the paper's size."""
    generator = np.random.default_rng(0)
    names = tuple(f"p{number:02d}" for number in range(PATIENTS))
    sick = np.arange(PATIENTS) >= NEGATIVES
    patient = np.repeat(np.arange(PATIENTS), VERTEBRAE)
    fracture = sick[patient] & (np.tile(np.arange(VERTEBRAE), PATIENTS) < 3)
    by_noise = generator.normal(2 * sick[:, None], 1, (PATIENTS, len(SETTINGS.noise_thresholds)))
    by_draw = generator.normal(2 * fracture[:, None], 1, (fracture.size, SETTINGS.localisation_draws))
    folds = tuple(number % 5 for number in range(PATIENTS))
    return CohortScores(
        PatientScores(names, tuple((name,) for name in names), folds, sick, by_noise),
        VertebraScores(
            tuple(names[number] for number in patient),
            patient,
            tuple(f"T{level + 3}" for level in range(VERTEBRAE)) * PATIENTS,
            fracture.astype(np.int64),
            fracture,
            by_draw,
        ),
    )


def main() -> None:
    """Print the table and the two other measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--map", type=Path, default=None, help="a real <case>_fracture.nii.gz, to be tiled")
    parser.add_argument("--maps", type=int, default=PATIENTS, help="maps of the cohort (default: 90)")
    arguments = parser.parse_args()
    score_maps(arguments.maps)
    sys.stdout.write("| 256^3 | above the floor | tree s | cc3d and counts s | ratio | ratio to labelling alone |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    realistic = blobs(SIDE, 0) if arguments.map is None else tiled(arguments.map)
    compare_with_labelling("realistic map", realistic)
    compare_with_labelling("smoothed noise", smoothed_noise())
    scores = cohort()
    weights = draw_replicates(scores.patients, SETTINGS)
    spent = seconds(lambda: analyse(scores, weights, SETTINGS))
    sys.stdout.write(
        f"all statistics of {PATIENTS} patients, {SETTINGS.bootstrap_replicates} replicates: {spent:.1f} s\n"
    )


if __name__ == "__main__":
    main()

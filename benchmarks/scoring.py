"""Time the evaluation: patient scores compared with labelling, the maps of a cohort, and all statistics.

python benchmarks/scoring.py [--map FRACTURE.nii.gz] [--maps N]

The maps of a cohort, 300^3 voxels each, are read, scored and checked as `vf_nnunet evaluate` does: first without maps
of normal vertebrae, and then with them, so that vertebrae are located. Six maps differ, and the others are links to
them. The baseline in the same run reads each map of fractures twice with nibabel, for the check of the places and for
the scores, and scores it, one map after another.
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cc3d
import nibabel
import numpy as np
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import TABLE_FILE, Vertebra, write_vertebra_table
from evaluation.analysis.curves import analyse
from evaluation.analysis.naming import analyse_names
from evaluation.analysis.scoring import score_and_detect
from evaluation.analysis.secondary import analyse_secondary, summarise_secondary
from evaluation.analysis.summary import summarise
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import EvaluationCohort
from evaluation.cohort.normal_maps import NORMAL_SUFFIX
from evaluation.cohort.sources import CaseMap
from evaluation.detection.detections import CaseDetections
from evaluation.localisation.case_match import match_case
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map, write_probability_map
from evaluation.patient.rule import patient_scores
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.comparison import compare
from evaluation.statistics.roc import IntArray
from evaluation.statistics.scores import CohortScores, PatientScores, VertebraScores
from evaluation.vertebra.surroundings import VertebraSurroundings

SIDE = 256
COHORT_SIDE = 300
DISTINCT = 6
LEVELS = ("T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "L1")
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


def write_cohort(folder: Path, maps: int) -> EvaluationCohort:
    """Write the maps and the table of a cohort; every second patient has fractures."""
    sources, rows = [], []
    for number in range(maps):
        case_id, first = f"case{number:02d}", folder / f"case{number % DISTINCT:02d}_fracture.nii.gz"
        path = folder / f"{case_id}_fracture.nii.gz"
        if number < DISTINCT:
            write_probability_map(path, blobs(COHORT_SIDE, number), np.eye(4))
        else:
            path.symlink_to(first)
        sources.append(CaseMap(case_id, path, number % 5))
        for level, z in zip(LEVELS[::-1], range(20, COHORT_SIDE - 20, 28), strict=True):
            y = COHORT_SIDE // 2 + int(20 * np.sin(z / 40))
            rows.append(Vertebra(case_id, case_id, level, COHORT_SIDE / 2, y, z, number % 2))
    write_vertebra_table(folder / TABLE_FILE, rows)
    return assemble_cohort(sources, folder / TABLE_FILE, SETTINGS)


def write_normal_maps(folder: Path, assembled: EvaluationCohort) -> None:
    """Write the map of normal vertebrae of each case: whatever the map of fractures leaves of each vertebra."""
    for number, case in enumerate(assembled.cases):
        path = folder / f"{case.source.case_id}{NORMAL_SUFFIX}"
        if number >= DISTINCT:
            path.symlink_to(folder / f"case{number % DISTINCT:02d}{NORMAL_SUFFIX}")
            continue
        fracture = read_probability_map(case.source.path).probability
        z, y, x = np.ogrid[-14:14, -14:14, -20:20]
        body = 0.95 * np.exp(-((z**2 / 72 + y**2 / 128 + x**2 / 200) ** 2)).astype(np.float32)
        both = np.zeros_like(fracture)
        for vertebra in case.vertebrae:
            low = np.rint(vertebra.centroid[::-1]).astype(int) - (14, 14, 20)
            both[tuple(slice(first, first + size) for first, size in zip(low, body.shape, strict=True))] = body
        write_probability_map(path, np.maximum(both - fracture, 0), np.eye(4))


def score_maps(maps: int) -> None:
    """Print the time to read, score and check the maps of a cohort, and the peak memory of the process."""
    with tempfile.TemporaryDirectory() as name:
        assembled = write_cohort(Path(name), maps)
        before = Usage.now()
        score_and_detect(assembled, Path(name, TABLE_FILE), SETTINGS)
        spent = Usage.now() - before
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE_IN_GB
        write_normal_maps(Path(name), assembled)
        before = Usage.now()
        scored = score_and_detect(assembled, Path(name, TABLE_FILE), SETTINGS)
        located = Usage.now() - before
        peak_located = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE_IN_GB
        found = scored.located or []
        vertebrae = sum(len(case.vertebrae) for case in found)
        weights = draw_replicates(scored.scores.patients, SETTINGS)
        patient = np.arange(len(assembled.cases))
        before = Usage.now()
        matches = [
            match_case(one.vertebrae, case.annotated, SETTINGS)
            for case, one in zip(assembled.cases, found, strict=True)
        ]
        analyse_names(assembled.cases, found, matches, patient, weights, SETTINGS)
        named = Usage.now() - before
        before = Usage.now()
        for case in assembled.cases[:DISTINCT]:
            score_as_before(case.source.path)
        baseline = (Usage.now() - before) * (maps / len(assembled.cases[:DISTINCT]))
    sys.stdout.write(
        f"{maps} maps of {COHORT_SIDE}^3 read once, scored and checked: {spent.wall:.1f} s, {spent.cpu:.1f} s of "
        f"processors, peak memory of the process {peak:.2f} GB\n"
        f"with maps of normal vertebrae, {vertebrae} vertebrae located: {located.wall:.1f} s, {located.cpu:.1f} s of "
        f"processors, peak memory of the process {peak_located:.2f} GB; ratio {located.cpu / spent.cpu:.2f}\n"
        f"these matched and named, also with the lowest level given: {named.cpu:.1f} s of processors\n"
        f"baseline (nibabel, each map read twice, one after another): {baseline.wall:.1f} s, {baseline.cpu:.1f} s of "
        f"processors; ratio {baseline.wall / spent.wall:.1f} and {baseline.cpu / spent.cpu:.1f}\n"
    )


def score_as_before(path: Path) -> None:
    """Read a map twice with nibabel, and compute its patient scores."""
    for _ in range(2):
        image: Any = nibabel.load(path)
        quantised = np.ascontiguousarray(image.dataobj.get_unscaled().T)
    patient_scores(ProbabilityMap(quantised, np.eye(4)), SETTINGS)


@dataclass(frozen=True)
class Usage:
    """Time that passed, and time that the process used on all processors, in seconds."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Usage":
        """The time since some moment."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.wall - other.wall, self.cpu - other.cpu)

    def __mul__(self, factor: float) -> "Usage":
        return Usage(self.wall * factor, self.cpu * factor)


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
    other = replace(scores, patients=replace(scores.patients, scores=scores.patients.scores[::-1]))
    weights = draw_replicates(scores.patients, SETTINGS)
    before = Usage.now()
    compute_statistics(scores, other, weights)
    spent = Usage.now() - before
    sys.stdout.write(
        f"all statistics of {PATIENTS} patients, {SETTINGS.bootstrap_replicates} replicates: {spent.wall:.1f} s, "
        f"{spent.cpu:.1f} s of processors\n"
    )


def compute_statistics(scores: CohortScores, other: CohortScores, weights: IntArray) -> None:
    """Curves, operating points and their intervals, the free-response curve, calibration, and a comparison."""
    generator = np.random.default_rng(1)
    found = [np.sort(generator.random(5))[::-1] for _ in scores.patients.patient_id]
    vertebrae = scores.vertebrae
    fractures = np.bincount(vertebrae.patient[vertebrae.fracture], minlength=len(found))
    detections = [
        CaseDetections(case_ids[0], score, generator.random(5) < number / 10, int(number), np.full(VERTEBRAE, 50.0))
        for case_ids, score, number in zip(scores.patients.case_ids, found, fractures, strict=True)
    ]
    number = len(vertebrae.fracture)
    no, yes = np.zeros(number, dtype=bool), np.ones(number, dtype=bool)
    surroundings = VertebraSurroundings((None,) * number, no, vertebrae.fracture.astype(np.int64), yes)
    analysis = analyse(scores, weights, SETTINGS)
    secondary = analyse_secondary(scores, analysis, surroundings, detections, weights, SETTINGS)
    summary = summarise(scores, analysis, (), SETTINGS, compare(scores, other, SETTINGS))
    summarise_secondary(summary, secondary, scores, analysis)


if __name__ == "__main__":
    main()

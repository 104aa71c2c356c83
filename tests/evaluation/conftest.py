"""A small synthetic cohort: one Gaussian blob of fracture probability at each fractured centroid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import RAS_TO_LPS
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, read_vertebra_table, write_vertebra_table
from evaluation.analysis.curves import Analysis, analyse
from evaluation.analysis.own_centres import OwnCentres, analyse_own_centres
from evaluation.analysis.scoring import score_and_detect
from evaluation.analysis.secondary import SecondaryAnalyses, analyse_secondary
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import EvaluationCohort
from evaluation.cohort.normal_maps import NORMAL_SUFFIX
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map, write_probability_map
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.scores import CohortScores
from evaluation.vertebra.surroundings import vertebra_surroundings

SHAPE = (64, 24, 26)
AFFINE = np.array([[1.0, 0, 0, -13], [0, 1, 0, -12], [0, 0, 1, -32], [0, 0, 0, 1]])
ENDPLATES = [0, 1, 21, 22, 23, 41, 42, 43, 63]
"""Axial planes of the CTs with cortical bone, about 10 mm above and below each centroid."""
CENTROIDS = {"T12": (0.0, 0.0, 20.0), "L1": (1.0, 1.0, 0.0), "L2": (0.0, 0.0, -20.0)}


Grades = dict[str, int | None]
"""Grade of each level of a case; None for a vertebra that is not graded."""


@dataclass
class SyntheticCohort:
    """Files of a cohort and where to put its evaluation."""

    maps: list[CaseMap]
    annotations: Path
    images: Path
    output: Path


MakeCohort = Callable[[list[Grades]], SyntheticCohort]


def blob_map(peaks: dict[str, float]) -> ProbabilityMap:
    """A map with a blob of the given peak at each level's centroid."""
    z, y, x = np.indices(SHAPE)
    probability = np.zeros(SHAPE, dtype=np.float32)
    for level, peak in peaks.items():
        centre_x, centre_y, centre_z = np.asarray(CENTROIDS[level]) - AFFINE[:3, 3]
        squared = (z - centre_z) ** 2 + (y - centre_y) ** 2 + (x - centre_x) ** 2
        probability = np.maximum(probability, (peak * np.exp(-squared / 50)).astype(np.float32))
    return ProbabilityMap.from_probability(probability, AFFINE)


def vertebrae_of(case_id: str, grades: dict[str, int | None]) -> list[Vertebra]:
    """Table rows at the fixed centroids."""
    return [Vertebra(case_id, case_id, level, *CENTROIDS[level], grade) for level, grade in grades.items()]


@pytest.fixture(scope="session")
def settings() -> EvaluationSettings:
    return EvaluationSettings(bootstrap_replicates=50, localisation_draws=3, overlay_cases=3)


def write_cohort(folder: Path, cases: list[Grades]) -> SyntheticCohort:
    """Write a cohort with one case for each entry of grades; the detector sees fractures and, faintly, the others."""
    images = folder / "imagesTr"
    images.mkdir()
    generator = np.random.default_rng(3)
    maps, rows = [], []
    for number, grades in enumerate(cases):
        case_id = f"case{number:02d}"
        peaks = {level: (0.5 if grade else 0.2) + 0.4 * generator.random() for level, grade in grades.items()}
        path = folder / f"{case_id}_fracture.nii.gz"
        write_probability_map(path, blob_map(peaks).probability, AFFINE)
        ct = generator.normal(50, 80, SHAPE).astype(np.int16)
        ct[ENDPLATES] += 350
        nibabel.save(nibabel.Nifti1Image(ct.T, RAS_TO_LPS @ AFFINE), images / f"{case_id}_0000.nii.gz")
        maps.append(CaseMap(case_id, path, number % 3))
        rows += vertebrae_of(case_id, grades)
    annotations = folder / "vertebrae.csv"
    write_vertebra_table(annotations, rows)
    return SyntheticCohort(maps, annotations, images, folder / "out")


def add_normal_maps(
    cohort: SyntheticCohort, probability: float = 0.95, left_out: Sequence[tuple[str, str]] = ()
) -> None:
    """Write the map of normal vertebrae of each case, so that both maps together show each vertebra equally.

    Args:
        cohort: The cohort.
        probability: Probability of a vertebra at its centre.
        left_out: Case and level of vertebrae that both maps miss.
    """
    levels = by_case(read_vertebra_table(cohort.annotations))
    for source in cohort.maps:
        shown = [row.vertebra for row in levels[source.case_id] if (source.case_id, row.vertebra) not in left_out]
        fracture = read_probability_map(source.path).probability
        missed = {level: 1.0 for level in CENTROIDS if level not in shown}
        fracture = fracture * (blob_map(missed).probability == 0)
        write_probability_map(source.path, fracture, AFFINE)
        both = blob_map(dict.fromkeys(shown, probability)).probability
        path = source.path.with_name(f"{source.case_id}{NORMAL_SUFFIX}")
        write_probability_map(path, np.maximum(both - fracture, 0), AFFINE)


def analyse_all(
    cohort: SyntheticCohort, settings: EvaluationSettings
) -> tuple[EvaluationCohort, CohortScores, Analysis, SecondaryAnalyses]:
    """A cohort with its scores and all analyses."""
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    scored = score_and_detect(assembled, cohort.annotations, settings)
    scores, detections = scored.scores, scored.detections
    weights = draw_replicates(scores.patients, settings)
    analysis = analyse(scores, weights, settings)
    surroundings = vertebra_surroundings(assembled.cases, [case.border_distance for case in detections], settings)
    return assembled, scores, analysis, analyse_secondary(scores, analysis, surroundings, detections, weights, settings)


def locate_all(cohort: SyntheticCohort, settings: EvaluationSettings) -> OwnCentres | None:
    """Results at located centres; None without maps of normal vertebrae."""
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    scored = score_and_detect(assembled, cohort.annotations, settings)
    if scored.located is None:
        return None
    weights = draw_replicates(scored.scores.patients, settings)
    return analyse_own_centres(assembled.cases, scored.located, scored.scores, scored.detections, weights, settings)


@pytest.fixture
def make_cohort(tmp_path: Path) -> MakeCohort:
    return partial(write_cohort, tmp_path)


@pytest.fixture(scope="session")
def make_shared_cohort(tmp_path_factory: pytest.TempPathFactory) -> MakeCohort:
    """As `make_cohort`, for a cohort that several tests read and none changes."""
    return lambda cases: write_cohort(tmp_path_factory.mktemp("cohort"), cases)


@pytest.fixture(scope="session")
def mixed_grades() -> list[Grades]:
    """Twelve cases, half of them with a fracture."""
    sick: list[Grades] = [{"T12": 0, "L1": 1 + number % 3, "L2": None} for number in range(6)]
    well: list[Grades] = [{"T12": 0, "L1": 0, "L2": 0} for _ in range(6)]
    return [case for pair in zip(sick, well, strict=True) for case in pair]

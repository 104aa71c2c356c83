"""A small synthetic cohort: one Gaussian blob of fracture probability at each fractured centroid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import RAS_TO_LPS
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.analysis.curves import Analysis, analyse
from evaluation.analysis.scoring import score_and_detect
from evaluation.analysis.secondary import SecondaryAnalyses, analyse_secondary
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import EvaluationCohort
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import ProbabilityMap, write_probability_map
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

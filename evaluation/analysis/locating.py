"""Vertebrae located in the maps of one case, with their scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.cohort.cases import Case
from evaluation.localisation.locate import locate_vertebrae
from evaluation.localisation.located import LocatedVertebra, centres_of
from evaluation.localisation.vertebra_map import add_maps
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.settings import ScoringSettings
from evaluation.vertebra.score import centre_scores


@dataclass(frozen=True)
class LocatedCase:
    """The vertebrae that the maps of one case show.

    Attributes:
        vertebrae: From the top down.
        scores: (sides of the cube, located), score at each of their centres.
        annotated_scores: (sides of the cube, graded vertebrae), score at each annotated centre, without an error.
    """

    vertebrae: tuple[LocatedVertebra, ...]
    scores: FloatArray
    annotated_scores: FloatArray


def locate_case(case: Case, fracture: ProbabilityMap, normal: ProbabilityMap, settings: ScoringSettings) -> LocatedCase:
    """Locate the vertebrae of a case and score them.

    Args:
        case: The case.
        fracture: Its map of fractures.
        normal: Its map of normal vertebrae.
        settings: The sides of the cube and `sigma_per_side` are used.
    """
    located = locate_vertebrae(add_maps([fracture, normal]))
    centres = centres_of(located)
    annotated = np.array([vertebra.centroid for vertebra in case.vertebrae])
    return LocatedCase(
        vertebrae=tuple(located),
        scores=np.stack([centre_scores(fracture, centres, side, settings) for side in settings.sides]),
        annotated_scores=np.stack([centre_scores(fracture, annotated, side, settings) for side in settings.sides]),
    )

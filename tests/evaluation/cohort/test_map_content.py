"""Maps that are equal, or segmentations instead of probabilities, are named."""

from pathlib import Path

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.cohort.map_content import content_doubts, content_of
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import ProbabilityMap

SHAPE = (3, 4, 5)


def doubts(**maps: FloatArray) -> list[str]:
    contents = [content_of(ProbabilityMap.from_probability(voxels, np.eye(4))) for voxels in maps.values()]
    return content_doubts([CaseMap(case_id, Path(case_id)) for case_id in maps], contents)


def test_equal_maps_are_named_unless_they_are_constant() -> None:
    drawn = np.random.default_rng(0).random((2, *SHAPE))
    constant = np.full(SHAPE, 0.3)
    (doubt,) = doubts(a=drawn[0], b=drawn[1], c=drawn[0], d=constant, e=constant)
    assert doubt == "The maps of cases a, c are equal. Check that each is the map of its case."
    assert doubts(a=drawn[0], b=drawn[1], d=constant) == []


def test_segmentations_are_named() -> None:
    drawn = np.random.default_rng(0).random(SHAPE)
    (doubt,) = doubts(a=drawn, b=(drawn > 0.5).astype(float), c=np.zeros(SHAPE))
    assert doubt.startswith("1 of 3 maps hold 0 and 1 only (b): segmentations rather than probabilities")

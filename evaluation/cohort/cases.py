"""The cases of an evaluation, and the check that annotations lie inside their images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dataset_conversion.spine.geometry import is_inside
from dataset_conversion.spine.records.source_counts import SourceCount
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nifti import VolumeFile


@dataclass(frozen=True)
class Case:
    """A map and the graded vertebrae it is scored against.

    Attributes:
        source: The map.
        patient_id: The patient, who may have several cases.
        vertebrae: The graded vertebrae, at least one.
        ungraded: The other annotated vertebrae. Whether they are fractured is unknown.
    """

    source: CaseMap
    patient_id: str
    vertebrae: tuple[Vertebra, ...]
    ungraded: tuple[Vertebra, ...] = ()

    @property
    def annotated(self) -> tuple[Vertebra, ...]:
        """All annotated vertebrae, the graded ones first."""
        return (*self.vertebrae, *self.ungraded)


@dataclass(frozen=True)
class EvaluationCohort:
    """What is scored and what is left out.

    Attributes:
        cases: Sorted by patient and case.
        left_out: A sentence for each group of cases or vertebrae that is not scored.
        counts: How many rows of the table and how many maps were read and are scored.
    """

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]
    counts: Mapping[str, SourceCount] = field(default_factory=dict)


def centroids_outside(opened: VolumeFile, vertebrae: Sequence[Vertebra]) -> list[str]:
    """A problem for each centroid that lies outside an image; the image then belongs to another case or grid."""
    index = opened.world_to_index([vertebra.centroid for vertebra in vertebrae])
    return [
        f"{opened.path}: centroid of {vertebra.vertebra} at {vertebra.centroid} LPS mm lies outside the image; "
        f"expected it inside (voxel index {[round(float(i), 1) for i in place]}, shape {opened.shape})"
        for vertebra, place, inside in zip(vertebrae, index, is_inside(opened.shape, index), strict=True)
        if not inside
    ]

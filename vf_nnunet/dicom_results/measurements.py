"""The measurement groups of the report: one for the patient, one per finding and one per vertebra."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    CoordinatesForMeasurement3D,
    FindingSite,
    Measurement,
    MeasurementsAndQualitativeEvaluations,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset

from vf_nnunet.dicom_results import codes
from vf_nnunet.dicom_results.content import CaseContent

Group: TypeAlias = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations
Number = tuple[CodedConcept, float | None, CodedConcept]
"""Name, value and unit; no value if it is not known."""

POSITIVITY: Mapping[bool | None, CodedConcept] = {True: codes.POSITIVE, False: codes.NEGATIVE, None: codes.UNDETERMINED}
RESEARCH_ONLY = "Research software, not a medical device. Not for diagnosis."


def patient_group(content: CaseContent, algorithm: AlgorithmIdentification) -> Group:
    """The patient's score, decision, thresholds and warnings."""
    result = content.result
    point, of_vertebrae = result["operating_point"], result["vertebra_level"].get("operating_point") or {}
    numbers: list[Number] = [
        (codes.SCORE, result["score"], codes.NO_UNITS),
        (codes.FINDINGS, len(result["findings"]), codes.NO_UNITS),
        (codes.PROBABILITY_THRESHOLD, point["probability_threshold"], codes.NO_UNITS),
        (codes.NOISE_THRESHOLD, point["noise_threshold_voxels"], codes.CUBIC_MILLIMETRE),
        (codes.VERTEBRA_THRESHOLD, of_vertebrae.get("probability_threshold"), codes.NO_UNITS),
    ]
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(content.uid("tracking", "patient"), "patient"),
        finding_type=codes.VERTEBRAL_COLUMN,
        finding_category=codes.ANATOMICAL_STRUCTURE,
        algorithm_id=algorithm,
        measurements=[*_measurements(numbers)],
        qualitative_evaluations=[QualitativeEvaluation(codes.FRACTURE, POSITIVITY[result["positive"]])],
    )
    texts = [(codes.RESEARCH_ONLY, RESEARCH_ONLY), (codes.OPERATING_POINT, str(point["source"]))]
    _add_texts(group, [*texts, *((codes.WARNING, warning) for warning in content.warnings)])
    return group


def finding_groups(content: CaseContent, segmentation: Dataset, algorithm: AlgorithmIdentification) -> Iterator[Group]:
    """Peak and volume of each finding that has a segment.

    Args:
        content: The case.
        segmentation: The object with the segments.
        algorithm: The algorithm.
    """
    for number, finding in enumerate(content.result["findings"][: len(segmentation.SegmentSequence)]):
        numbers: list[Number] = [
            (codes.PEAK, finding["peak_probability"], codes.NO_UNITS),
            (codes.VOLUME, finding["volume_mm3"], codes.CUBIC_MILLIMETRE),
            *_centre(finding),
        ]
        yield _volumetric(
            content, "finding", number, segmentation, algorithm, codes.FRACTURE, codes.VERTEBRAL_COLUMN, numbers, ()
        )


def vertebra_groups(content: CaseContent, segmentation: Dataset, algorithm: AlgorithmIdentification) -> Iterator[Group]:
    """What is known of each vertebra.

    Args:
        content: The case.
        segmentation: The object with the segments.
        algorithm: The algorithm.
    """
    for number, vertebra in enumerate(content.vertebrae):
        evaluation = QualitativeEvaluation(codes.FRACTURE, POSITIVITY[vertebra["positive"]])
        group = _volumetric(
            *(content, "vertebra", number, segmentation, algorithm),
            codes.FRACTURE if vertebra["positive"] else codes.VERTEBRA,
            codes.level_code(vertebra["level"]),
            _numbers_of(vertebra),
            [evaluation],
        )
        reason = vertebra["not_evaluable"]
        texts = [(codes.NOT_EVALUABLE, reason)] if reason else []
        _add_texts(group, [*texts, *((codes.WARNING, warning) for warning in vertebra["warnings"])])
        yield group


def _numbers_of(vertebra: Mapping[str, Any]) -> list[Number]:
    grades, heights, losses = (vertebra[name] or {} for name in ("grade_probabilities", "heights_mm", "height_loss"))
    return [
        (codes.PROBABILITY, vertebra["fracture_probability"], codes.NO_UNITS),
        (codes.SCORE, vertebra["score"], codes.NO_UNITS),
        *((code, grades.get(name), codes.NO_UNITS) for name, code in codes.GRADE_PROBABILITIES.items()),
        *((code, heights.get(name), codes.MILLIMETRE) for name, code in codes.HEIGHTS.items()),
        *((code, losses.get(name), codes.NO_UNITS) for name, code in codes.HEIGHT_LOSSES.items()),
        (codes.MEDIAN_ATTENUATION, vertebra["trabecular_hu"], codes.HOUNSFIELD),
        (codes.LEVEL_PROBABILITY, vertebra["level_probability"], codes.NO_UNITS),
        *_centre(vertebra),
    ]


def _centre(found: Mapping[str, Any]) -> Iterator[Number]:
    for code, value in zip(codes.CENTRE_COORDINATES, found["centre_lps_mm"], strict=True):
        yield code, value, codes.MILLIMETRE


def _volumetric(
    content: CaseContent,
    kind: str,
    number: int,
    segmentation: Dataset,
    algorithm: AlgorithmIdentification,
    finding: CodedConcept,
    site: CodedConcept,
    numbers: Sequence[Number],
    evaluations: Sequence[QualitativeEvaluation],
) -> Group:
    """The group of a segment."""
    name, uid = content.tracking(kind, number)
    group = VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid, name),
        referenced_segment=ReferencedSegment(
            segmentation.SOPClassUID,
            segmentation.SOPInstanceUID,
            number + 1,
            source_series=SourceSeriesForSegmentation(content.source.first.SeriesInstanceUID),
        ),
        finding_type=finding,
        finding_sites=[FindingSite(site)],
        algorithm_id=algorithm,
        measurements=[*_measurements(numbers)],
        qualitative_evaluations=evaluations,
    )
    _place(content, group)
    return group


def _place(content: CaseContent, group: Group) -> None:
    """The centre as a point, from which its coordinates are inferred."""
    items = [item for item in group[0].ContentSequence if item.name in codes.CENTRE_COORDINATES]
    point = np.array([[float(item.value) for item in items]])
    for item in items[:1]:
        item.ContentSequence = [
            CoordinatesForMeasurement3D(
                graphic_type="POINT",
                graphic_data=point,
                frame_of_reference_uid=content.source.frame_of_reference,
                purpose=codes.CENTRE,
            )
        ]


def _measurements(numbers: Sequence[Number]) -> Iterator[Measurement]:
    for name, value, unit in numbers:
        if value is not None:
            yield Measurement(name, value, unit)


def _add_texts(group: Group, texts: Sequence[tuple[CodedConcept, str]]) -> None:
    for name, text in texts:
        group[0].ContentSequence.append(TextContentItem(name, text, RelationshipTypeValues.CONTAINS))

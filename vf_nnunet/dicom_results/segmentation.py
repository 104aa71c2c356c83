"""Segmentations of the findings, and of spheres around the centres of vertebrae."""

from collections.abc import Sequence

import numpy as np
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.dataset import Dataset

from dataset_conversion.spine.geometry import FloatArray
from vf_nnunet.dicom_results import codes
from vf_nnunet.dicom_results.content import CaseContent
from vf_nnunet.dicom_results.equipment import Series, common_arguments, finish, segment_algorithm
from vf_nnunet.dicom_results.masks import LARGEST_NUMBER, FrameLabels, LabelArray, findings_on_frames, spheres
from vf_nnunet.dicom_results.source import SourceSeries


def segment_findings(content: CaseContent, affine: FloatArray) -> Dataset | None:
    """One segment per finding; None if there is none.

    Args:
        content: The case.
        affine: That of the map of fracture, voxel index (x, y, z) to LPS mm, 4x4.
    """
    count = len(content.findings.findings[:LARGEST_NUMBER])
    if not count:
        return None
    segments = [_finding(content, number) for number in range(count)]
    return _segmentation(content, findings_on_frames(content.source, content.findings, affine), segments, 1)


def segment_vertebrae(content: CaseContent) -> Dataset | None:
    """A sphere around the centre of each vertebra, one segment each; None if there is none."""
    if not len(content.vertebrae):
        return None
    segments = [_vertebra(content, number) for number in range(len(content.vertebrae))]
    return _segmentation(content, spheres(content.source, content.centres), segments, 2)


def _finding(content: CaseContent, number: int) -> SegmentDescription:
    label, uid = content.tracking("finding", number)
    return SegmentDescription(
        segment_number=number + 1,
        segment_label=label,
        segmented_property_category=codes.ABNORMAL_STRUCTURE,
        segmented_property_type=codes.FRACTURE,
        algorithm_type="AUTOMATIC",
        algorithm_identification=segment_algorithm(content),
        tracking_id=label,
        tracking_uid=uid,
        anatomic_regions=[codes.VERTEBRAL_COLUMN],
    )


def _vertebra(content: CaseContent, number: int) -> SegmentDescription:
    label, uid = content.tracking("vertebra", number)
    return SegmentDescription(
        segment_number=number + 1,
        segment_label=f"centre of {label}",
        segmented_property_category=codes.ANATOMICAL_STRUCTURE,
        segmented_property_type=codes.CENTRE_SPHERE,
        algorithm_type="AUTOMATIC",
        algorithm_identification=segment_algorithm(content),
        tracking_id=label,
        tracking_uid=uid,
        anatomic_regions=[codes.level_code(content.vertebrae[number]["level"])],
    )


def _segmentation(
    content: CaseContent, drawn: FrameLabels, segments: Sequence[SegmentDescription], instance_number: int
) -> Dataset:
    source = content.source
    images = source.instances_of(source.frames[number] for number in drawn.frames)
    labels = _of_all_frames(source, drawn) if source.is_multiframe else drawn.labels
    kind = "findings" if instance_number == 1 else "vertebrae"
    made = Segmentation(
        source_images=images,
        pixel_array=labels,
        segmentation_type="BINARY",
        segment_descriptions=segments,
        sop_instance_uid=content.uid("segmentation", kind, drawn.labels.tobytes(), str(drawn.frames)),
        content_label=kind.upper(),
        content_description=f"{kind} of vf_nnunet, research only",
        **common_arguments(content, Series.SEGMENTATIONS, instance_number),
    )
    made.ContentCreatorName = None
    return finish(made)


def _of_all_frames(source: SourceSeries, drawn: FrameLabels) -> LabelArray:
    """The labels of all frames, as a multi-frame source demands."""
    labels = np.zeros((len(source.frames), *source.size), np.uint8)
    labels[list(drawn.frames)] = drawn.labels
    return labels

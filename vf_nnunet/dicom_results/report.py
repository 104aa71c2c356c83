"""The structured report by TID 1500."""

from collections.abc import Sequence

from highdicom.sr import (
    Comprehensive3DSR,
    LanguageOfContentItemAndDescendants,
    MeasurementReport,
    ObservationContext,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as standard_codes

from vf_nnunet.dicom_results import codes
from vf_nnunet.dicom_results.content import CaseContent
from vf_nnunet.dicom_results.equipment import Series, algorithm, common_arguments, finish, observer
from vf_nnunet.dicom_results.measurements import Group, finding_groups, patient_group, vertebra_groups


def report(content: CaseContent, findings: Dataset | None, vertebrae: Dataset | None) -> Dataset:
    """The measurements of the patient, the findings and the vertebrae.

    Args:
        content: The case.
        findings: The segmentation of the findings, if there are any.
        vertebrae: The segmentation of the vertebrae's centres, if there are any.
    """
    used = algorithm(content)
    groups: list[Group] = [patient_group(content, used)]
    if findings is not None:
        groups += finding_groups(content, findings, used)
    if vertebrae is not None:
        groups += vertebra_groups(content, vertebrae, used)
    segmentations = [made for made in (findings, vertebrae) if made is not None]
    made = Comprehensive3DSR(
        evidence=[*content.source.instances, *segmentations],
        content=_document(content, groups),
        sop_instance_uid=content.uid("report", *(made.SOPInstanceUID for made in segmentations)),
        is_complete=True,
        is_final=False,
        is_verified=False,
        performed_procedure_codes=[codes.CT],
        **common_arguments(content, Series.REPORT),
    )
    return finish(made)


def _document(content: CaseContent, groups: Sequence[Group]) -> MeasurementReport:
    return MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer(content)),
        procedure_reported=codes.CT,
        imaging_measurements=groups,
        title=standard_codes.DCM.ImagingMeasurementReport,
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(codes.ENGLISH),
    )

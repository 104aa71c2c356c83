"""The slices through the middle of the findings as a key object selection."""

from collections.abc import Sequence

import numpy as np
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from pydicom.dataset import Dataset

from vf_nnunet.dicom_results import codes
from vf_nnunet.dicom_results.content import CaseContent
from vf_nnunet.dicom_results.equipment import Series, common_arguments, finish, observer
from vf_nnunet.dicom_results.source import Frame

DESCRIPTION = "Slices through the middle of the findings of vf_nnunet. Research software, not for diagnosis."


def key_slices(content: CaseContent) -> Dataset | None:
    """The slices nearest to the centres of the findings, the most probable finding first; None without findings."""
    frames = _slices(content)
    if not frames:
        return None
    instances = content.source.instances_of(frames)
    selection = KeyObjectSelection(
        document_title=codes.OF_INTEREST,
        referenced_objects=instances,
        observer_device_context=observer(content),
        description=DESCRIPTION,
    )
    _refer_to_frames(selection, frames)
    made = KeyObjectSelectionDocument(
        evidence=instances,
        content=selection,
        sop_instance_uid=content.uid("key slices"),
        **common_arguments(content, Series.KEY_SLICES),
    )
    return finish(made)


def _slices(content: CaseContent) -> list[Frame]:
    frames = content.source.frames
    nearest = [
        int(np.argmin([abs(frame.place(np.array(finding["centre_lps_mm"]))[0, 2]) for frame in frames]))
        for finding in content.result["findings"]
    ]
    return [frames[number] for number in dict.fromkeys(nearest)]


def _refer_to_frames(selection: KeyObjectSelection, frames: Sequence[Frame]) -> None:
    """Name the frames of a multi-frame instance; without, all of them are meant."""
    for item in selection[0].ContentSequence:
        for reference in item.get("ReferencedSOPSequence", []):
            numbers = [
                frame.number
                for frame in frames
                if frame.number is not None and frame.instance.SOPInstanceUID == reference.ReferencedSOPInstanceUID
            ]
            if numbers:
                reference.ReferencedFrameNumber = numbers

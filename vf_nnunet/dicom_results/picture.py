"""The picture of a case as a secondary capture."""

from pathlib import Path

import numpy as np
from highdicom.sc import SCImage
from PIL import Image
from pydicom.dataset import Dataset

from vf_nnunet.dicom_results.content import CaseContent
from vf_nnunet.dicom_results.equipment import Series, common_arguments, finish

TOWARDS = ("P", "F")
"""Along a row of the picture the patient goes from front to back, along a column from head to feet."""


def picture(content: CaseContent, path: Path) -> Dataset:
    """The picture with its pixels as they are. The caller has to know that it shows no name.

    Args:
        content: The case.
        path: The file.
    """
    with Image.open(path) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    made = SCImage.from_ref_dataset(
        content.source.first,
        pixel_array=pixels,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=TOWARDS,
        sop_instance_uid=content.uid("picture", str(pixels.shape), pixels.tobytes()),
        **common_arguments(content, Series.PICTURE),
    )
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.BurnedInAnnotation = "NO"
    made.BodyPartExamined = "SPINE"
    made.DerivationDescription = "Sagittal slices along the spine with fracture probability, research only"
    made.SourceImageSequence = [_reference(instance) for instance in content.source.instances]
    return finish(made)


def _reference(instance: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = instance.SOPClassUID
    item.ReferencedSOPInstanceUID = instance.SOPInstanceUID
    return item

"""What a DICOM slice says of its acquisition, for comparison with its place, its spacing and the other slices."""

from dataclasses import dataclass
from typing import Any

DETAIL_TAGS = [
    "ImageType",
    "SeriesNumber",
    "ContrastBolusAgent",
    "StudyInstanceUID",
    "FrameOfReferenceUID",
    "SOPInstanceUID",
    "ConvolutionKernel",
    "InstanceNumber",
    "SliceLocation",
    "SliceThickness",
    "SpacingBetweenSlices",
    "ReconstructionDiameter",
    "GantryDetectorTilt",
    "PatientPosition",
    "RescaleType",
]


@dataclass(frozen=True)
class Details:
    """Elements that do not define the image. They are None or empty if the file does not say, or not legibly.

    Attributes:
        sop_class: SOPClassUID.
        instance: SOPInstanceUID.
        study: StudyInstanceUID.
        frame: FrameOfReferenceUID.
        kernel: ConvolutionKernel.
        number: InstanceNumber.
        location: SliceLocation in mm. The standard leaves its direction open.
        thickness: SliceThickness in mm.
        distance: SpacingBetweenSlices in mm.
        diameter: ReconstructionDiameter in mm; None in a derived image, which can be a part of the reconstruction.
        tilt: GantryDetectorTilt in degrees.
        patient_position: PatientPosition, such as HFS for head first, supine.
        rescale_type: RescaleType in capitals.
        lacks_rescale: Whether RescaleSlope or RescaleIntercept is absent.
        image_type: ImageType in capitals, or FrameType.
        series_number: SeriesNumber.
        contrast: ContrastBolusAgent.
    """

    sop_class: str = ""
    instance: str = ""
    study: str = ""
    frame: str = ""
    kernel: str = ""
    number: int | None = None
    location: float | None = None
    thickness: float | None = None
    distance: float | None = None
    diameter: float | None = None
    tilt: float | None = None
    patient_position: str = ""
    rescale_type: str = ""
    lacks_rescale: bool = False
    image_type: tuple[str, ...] = ()
    series_number: int | None = None
    contrast: str = ""


def read_details(header: Any) -> Details:
    """The details in a file's header."""
    number, series_number = _number(header, "InstanceNumber"), _number(header, "SeriesNumber")
    image_type = header.get("ImageType") or ()
    parts = (image_type,) if isinstance(image_type, str) else image_type
    return Details(
        sop_class=_text(header, "SOPClassUID"),
        instance=_text(header, "SOPInstanceUID"),
        study=_text(header, "StudyInstanceUID"),
        frame=_text(header, "FrameOfReferenceUID"),
        kernel=_text(header, "ConvolutionKernel"),
        number=None if number is None else int(number),
        location=_number(header, "SliceLocation"),
        thickness=_number(header, "SliceThickness"),
        distance=_number(header, "SpacingBetweenSlices"),
        diameter=None if "DERIVED" in (header.get("ImageType") or ()) else _number(header, "ReconstructionDiameter"),
        tilt=_number(header, "GantryDetectorTilt"),
        patient_position=_text(header, "PatientPosition").upper(),
        rescale_type=_text(header, "RescaleType").upper(),
        lacks_rescale=any(header.get(name) in (None, "") for name in ("RescaleSlope", "RescaleIntercept")),
        image_type=tuple(str(part).upper() for part in parts),
        series_number=None if series_number is None else int(series_number),
        contrast=_text(header, "ContrastBolusAgent"),
    )


def _text(header: Any, name: str) -> str:
    return str(header.get(name) or "").strip()


def _number(header: Any, name: str) -> float | None:
    try:
        return float(header.get(name))
    except (TypeError, ValueError):
        return None

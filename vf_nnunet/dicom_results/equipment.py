"""What all objects of a case have in common: the software that made them, the model, dates and series."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from highdicom import AlgorithmIdentificationSequence
from highdicom.sr import AlgorithmIdentification, DeviceObserverIdentifyingAttributes, ObserverContext
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian

from vf_nnunet import __version__
from vf_nnunet.dicom_results.codes import private_scheme, standard
from vf_nnunet.dicom_results.content import CaseContent
from vf_nnunet.dicom_results.uids import stable_uid

SOFTWARE = "vf_nnunet"
UNKNOWN_DATE, UNKNOWN_TIME = "19000101", "000000"
"""Date and time of the content where the source has none; they cannot be empty."""
_DATE, _TIME = re.compile(r"\d{8}"), re.compile(r"\d{6}(\.\d{1,6})?")
_TIMES = ("InstanceCreationDate", "InstanceCreationTime", "DateOfSecondaryCapture", "TimeOfSecondaryCapture")
FAMILY = standard("123110", "Artificial Intelligence", "DCM")


class Series(Enum):
    """The series of the objects, each with its SeriesNumber and description."""

    REPORT = (9701, "vf_nnunet report, research only")
    SEGMENTATIONS = (9702, "vf_nnunet segmentations, research only")
    PICTURE = (9703, "vf_nnunet picture, research only")
    KEY_SLICES = (9704, "vf_nnunet key slices, research only")


@dataclass(frozen=True)
class Model:
    """The model of a result.

    Attributes:
        name: Its name; empty if it is not known.
        digest: SHA-256 of its weights, or of weights and preprocessing where the card has none; empty if unknown.
    """

    name: str
    digest: str

    @classmethod
    def of_result(cls, result: Mapping[str, Any]) -> "Model":
        """The model in a `<case>.json`."""
        about = result.get("model") or {}
        digest = about.get("weights_sha256") or result["fingerprint"].get("model_sha256") or ""
        return cls(about.get("name") or "", digest)


def common_arguments(content: CaseContent, series: Series, instance_number: int = 1) -> dict[str, Any]:
    """The arguments that highdicom's classes share.

    Dates are those of the source, because an object with the same UID has to be the same object.

    Args:
        content: The case.
        series: The series of the object.
        instance_number: Its number in the series.
    """
    number, description = series.value
    date, time = _content_time(content.source.first)
    return {
        "series_instance_uid": content.uid("series", series.name),
        "series_number": number,
        "instance_number": instance_number,
        "manufacturer": SOFTWARE,
        "manufacturer_model_name": SOFTWARE,
        "software_versions": __version__,
        "device_serial_number": Model.of_result(content.result).digest[:12] or "unknown",
        "series_description": description,
        "content_date": date,
        "content_time": time,
        "coding_schemes": [private_scheme()],
        "transfer_syntax_uid": ExplicitVRLittleEndian,
        "specific_character_set": "ISO_IR 192",
    }


def _content_time(source: Dataset) -> tuple[str, str]:
    for kind in ("Content", "Acquisition", "Series", "Study"):
        date, time = str(source.get(f"{kind}Date") or ""), str(source.get(f"{kind}Time") or "")
        if _DATE.fullmatch(date):
            return date, time if _TIME.fullmatch(time) else UNKNOWN_TIME
    return UNKNOWN_DATE, UNKNOWN_TIME


def finish(made: Dataset) -> Dataset:
    """Replace what would differ from run to run: the time at which the object was made, and UIDs drawn by chance."""
    for keyword in _TIMES:
        if keyword in made:
            delattr(made, keyword)
    for item in made.get("ContributingEquipmentSequence", []):
        if "ContributionDateTime" in item:
            del item.ContributionDateTime
    dimensions = stable_uid(str(made.SOPInstanceUID), "dimensions")
    for keyword in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in made.get(keyword, []):
            item.DimensionOrganizationUID = dimensions
    return made


def algorithm(content: CaseContent) -> AlgorithmIdentification:
    """The algorithm in a report."""
    return AlgorithmIdentification(
        name=SOFTWARE, version=__version__, parameters=_parameters(content.result), family=FAMILY, manufacturer=SOFTWARE
    )


def segment_algorithm(content: CaseContent) -> AlgorithmIdentificationSequence:
    """The algorithm of a segment."""
    return AlgorithmIdentificationSequence(
        name=SOFTWARE, family=FAMILY, version=__version__, source=SOFTWARE, parameters=_named(content.result)
    )


def _named(result: Mapping[str, Any]) -> dict[str, str]:
    model, point = Model.of_result(result), result["operating_point"]
    return {
        "model": model.name or "unknown",
        "weights_sha256": model.digest or "unknown",
        "probability_threshold": str(point["probability_threshold"]),
        "noise_threshold_voxels": str(point["noise_threshold_voxels"]),
        "operating_point": str(point["source"]),
    }


def _parameters(result: Mapping[str, Any]) -> list[str]:
    return [f"{name}={value}" for name, value in _named(result).items()]


def observer(content: CaseContent) -> ObserverContext:
    """The software as the observer of a document."""
    model = Model.of_result(content.result)
    return ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=stable_uid(SOFTWARE, __version__, model.digest),
            name=SOFTWARE,
            manufacturer_name=SOFTWARE,
            model_name=f"{SOFTWARE} {__version__}",
            serial_number=model.digest[:12] or "unknown",
        ),
    )

"""Report the findings and vertebrae of one case from maps that exist already."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from dataset_conversion.images.ct import read_ct
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.geometry import Geometry, ImageHeader, index_to_world
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME
from dataset_conversion.spine.records.file_records import record_group
from dataset_conversion.spine.settings import settings
from evaluation.maps.probability_map import ProbabilityMap
from vf_nnunet import __version__
from vf_nnunet.nnunet.names import DISCLAIMER
from vf_nnunet.screening.case import case_files, draw_case, remove_earlier, result_path
from vf_nnunet.screening.caution import caution_of, with_caution
from vf_nnunet.screening.earlier_results import Procedure
from vf_nnunet.screening.existing_maps import MapFiles, read_existing_maps
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.screening.overlay import cut_overlay
from vf_nnunet.screening.provenance import (
    CT,
    FINGERPRINT,
    MAPS,
    files_of,
    is_of_files,
    map_differences,
    read_result,
    vertebra_fingerprint,
)
from vf_nnunet.screening.result import find_fractures, patient_result
from vf_nnunet.screening.vertebrae.given import read_given
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.report import report_vertebrae
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.volumes import cut_volumes

CARRIED = ("image", "computed", "model", "disclaimer")
"""What the result of `predict` beside a map says about its making."""
UNKNOWN_MODEL: dict[str, Any] = {"name": None, "dataset": None, "folds": None}


@settings
class MapSettings:
    """How existing maps are reported.

    Attributes:
        operating_point: Thresholds of a finding.
        vertebrae: Where the centres and names of vertebrae come from, and how vertebrae are judged.
        overlay: Whether to draw a picture of each case, which needs its CT.
        worklist: Whether to write the files of the case for the worklist.
    """

    operating_point: OperatingPoint = field(default_factory=OperatingPoint)
    vertebrae: VertebraOptions = field(default_factory=VertebraOptions)
    overlay: bool = False
    worklist: bool = False


@dataclass(frozen=True)
class ReportProcedure(Procedure):
    """The report of maps that exist.

    Attributes:
        inputs: The map of fracture, or nnU-Net's `.npz` file, by case id.
        images: The CTs by case id; None if they are not at hand.
        output: Folder of the results.
        settings: How the maps are reported.
    """

    inputs: Mapping[str, Path]
    images: Mapping[str, ImageSource] | None
    output: Path
    settings: MapSettings
    made: ClassVar[str] = "reported"
    noun: ClassVar[str] = "map"

    @property
    def vertebrae(self) -> VertebraOptions:
        """See `Procedure`."""
        return self.settings.vertebrae

    def files(self, case: str) -> list[Path]:
        """See `Procedure`."""
        return case_files(self.output, case, self.settings.overlay, maps=())

    def making_differences(self, result: Mapping[str, Any]) -> list[str]:
        """See `Procedure`."""
        return map_differences(result, self.settings.operating_point, self.images is not None)

    def is_of_input(self, case: str, result: Mapping[str, Any]) -> bool | None:
        """See `Procedure`."""
        return is_of_files(result, MAPS, MapFiles(case, self.inputs[case]).files)

    def input_differences(self, case: str, result: Mapping[str, Any]) -> list[str]:
        """See `Procedure`; the CT and what made the maps can have changed as well."""
        reasons = super().input_differences(case, result)
        ct = (self.images or {}).get(case)
        if ct is not None and is_of_files(result, CT, files_of(ct)) is False:
            reasons.append(f"the CT {ct} was replaced since")
        making = _making(case, self.inputs[case])
        if any(result.get(name) != making.get(name) for name in CARRIED):
            reasons.append("another model or CT is named beside the maps")
        return reasons


def report_map_case(
    case: str, path: Path, ct: ImageSource | None, output: Path, chosen: MapSettings
) -> tuple[str, ...]:
    """Write `<case>.json` of a case, and its picture if that is asked for.

    Args:
        case: Case id.
        path: The map of fracture, or nnU-Net's `.npz` file.
        ct: The CT; None if it is not at hand.
        output: Folder for the files. Earlier ones of the case are removed first.
        chosen: How the maps are reported.

    Returns:
        Warnings about the case, one sentence each.

    Raises:
        InputError: If the maps, the CT or the centres that come with it cannot be used, or do not belong together.
    """
    remove_earlier(output, case, maps=())
    files = MapFiles(case, path)
    recorded: dict[str, Any] = {MAPS: asdict(record_group(files.files))}
    if ct is not None:
        recorded[CT] = asdict(record_group(files_of(ct)))
    maps = read_existing_maps(files)
    fracture = maps[FRACTURE_NAME]
    image, of_image = image_of_maps(ct, path, fracture)
    grid: Geometry = fracture if image is None else image
    header = ImageHeader(ct or path, _shape(fracture, image), grid.affine)
    given = read_given(case, header, chosen.vertebrae)
    vertebrae = report_vertebrae(maps, image, chosen.vertebrae, given)
    findings = find_fractures(fracture, chosen.operating_point)
    result = patient_result(fracture, findings, chosen.operating_point)
    making = _making(case, path)
    warnings = with_caution(caution_of(making), [*of_image, *vertebrae.warnings])
    if chosen.worklist:
        volumes = cut_volumes(image, fracture, vertebrae.centres, [finding.centre for finding in findings])
        CaseFiles(output, case).write(volumes, vertebrae.centres)
    if chosen.overlay and image is not None:
        overlay = cut_overlay(image, maps, vertebrae.centres)
        draw_case(output, case, overlay, result["score"], findings, vertebrae, caution_of(making))
    content = {"case_id": case, **result, **vertebrae.to_json(), "warnings": warnings, **making}
    recorded |= {"vf_nnunet": __version__, **vertebra_fingerprint(chosen.vertebrae, given)}
    write_json(result_path(output, case), {**content, FINGERPRINT: recorded})
    return tuple(warnings)


def image_of_maps(
    ct: ImageSource | None, path: Path, fracture: ProbabilityMap
) -> tuple[HounsfieldImage | None, tuple[str, ...]]:
    """The CT of maps with its warnings, if there is one.

    Args:
        ct: Image file or folder of DICOM slices; None if it is not at hand.
        path: The maps, for messages.
        fracture: One of them.

    Raises:
        InputError: If the CT cannot be read, or lies elsewhere than the maps.
    """
    if ct is None:
        return None, ()
    volume = read_ct(ct)
    corners = [_corners(one.affine, shape) for one, shape in ((volume, volume.array.shape), (fracture, fracture.shape))]
    apart = float(np.abs(corners[0] - corners[1]).max())
    # A map covers whole voxels of 1 mm.
    if apart > 2.0 + max(volume.spacing):
        raise InputError(f"{path}: corners up to {apart:.1f} mm from those of {ct}; expected the maps of this CT")
    return HounsfieldImage.of_ct(volume), volume.warnings


def _corners(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The first and last corner of a grid on canonical axes, in LPS mm."""
    return index_to_world(affine, np.array([[-0.5] * 3, np.array(shape) - 0.5]))


def _shape(fracture: ProbabilityMap, image: HounsfieldImage | None) -> tuple[int, int, int]:
    z, y, x = fracture.shape if image is None else image.array.shape
    return z, y, x


def _making(case: str, path: Path) -> dict[str, Any]:
    """What made the maps, from the result of `predict` beside them; nothing is known of others."""
    earlier = path.parent / f"{case}.json"
    unknown: dict[str, Any] = {"model": UNKNOWN_MODEL, "disclaimer": DISCLAIMER}
    if not earlier.is_file():
        return unknown
    try:
        result = read_result(earlier)
    except InputError:
        return unknown
    return {**unknown, **{name: result[name] for name in CARRIED if name in result}}

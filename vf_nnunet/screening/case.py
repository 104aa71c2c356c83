"""One CT: read, predicted, and written as maps, findings and a picture."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.labels import FRACTURE_NAME
from evaluation.maps.quantisation import QuantisedArray, check_probability, quantise
from vf_nnunet.inference.model import Model
from vf_nnunet.inference.preprocessing import NetworkImage, Preprocessing, preprocess
from vf_nnunet.inference.probability_maps import MAPPED_CLASSES, map_paths, write_probability_maps
from vf_nnunet.inference.tiling import TilingSettings, predict_tiles
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.screening.overlay import cut_overlay, draw_overlay
from vf_nnunet.screening.result import find_fractures, patient_result, suspicious_part
from vf_nnunet.screening.sources import read_ct

if TYPE_CHECKING:
    from vf_nnunet.inference.backend import Backend

AIR_BELOW = -800.0
"""HU. Lung is brighter on average, and no vertebra is without a voxel of soft tissue."""


@dataclass(frozen=True)
class ScreeningSettings:
    """How CTs are predicted.

    Attributes:
        operating_point: What counts as a finding.
        memory_gb: For the prediction of a CT, as `TilingSettings` has it.
        air_below: Hounsfield unit below which a voxel is air; tiles that hold nothing else are background and not
            computed. None computes every tile.
        overlay: Draw a picture of each case.
    """

    operating_point: OperatingPoint = field(default_factory=OperatingPoint)
    memory_gb: float | None = None
    air_below: float | None = AIR_BELOW
    overlay: bool = False


def result_path(output: Path, case: str) -> Path:
    """The file that marks a case as finished."""
    return output / f"{case}.json"


def _picture_path(output: Path, case: str) -> Path:
    return output / f"{case}_overlay.png"


def screen_case(
    case: str, ct: Path, output: Path, model: Model, backend: "Backend", settings: ScreeningSettings
) -> tuple[str, ...]:
    """Write the maps, the picture and the findings of one CT; the JSON is written last and marks the case as finished.

    What an earlier run left of the case is removed first.

    Args:
        case: Case id.
        ct: Image file or folder of DICOM slices.
        output: Folder for the files.
        model: What predicts.
        backend: Its ensemble, opened.
        settings: How.

    Returns:
        What a person should know about the CT, a sentence each.

    Raises:
        InputError: If the CT cannot be read.
        InputError: If it cannot be preprocessed.
    """
    for path in (result_path(output, case), _picture_path(output, case), *map_paths(output, case).values()):
        path.unlink(missing_ok=True)
    image, warnings = _network_image(ct, model)
    maps = _quantised_maps(ct, backend, image, model, settings)
    overlay = cut_overlay(image, maps) if settings.overlay else None
    grid, point = image.grid, settings.operating_point
    # What comes next needs memory of its own.
    del image
    write_probability_maps(output, case, maps, grid)
    suspicious = suspicious_part(maps[FRACTURE_NAME], grid, point)
    del maps
    findings = find_fractures(suspicious, point)
    result = patient_result(suspicious, findings, point)
    if overlay is not None:
        draw_overlay(_picture_path(output, case), overlay, findings, f"{case}: score {result['score']:.3f}")
    content = {"case_id": case, "image": ct.name, **result, "warnings": list(warnings), **_about(model)}
    write_json(result_path(output, case), content)
    return warnings


def _network_image(ct: Path, model: Model) -> tuple[NetworkImage, tuple[str, ...]]:
    """The network's image; the CT itself is not needed any more."""
    volume, warnings = read_ct(ct)
    preprocessing = Preprocessing.from_entries(model.card.preprocessing, model.card.name)
    return preprocess(volume.array, volume.affine, preprocessing), warnings


def _quantised_maps(
    ct: Path, backend: "Backend", image: NetworkImage, model: Model, settings: ScreeningSettings
) -> dict[str, QuantisedArray]:
    """The kept classes only: all of them at once would take as much memory again."""
    air_below = None if settings.air_below is None else (settings.air_below - image.mean) / image.deviation
    tiling = TilingSettings(memory_gb=settings.memory_gb, air_below=air_below)
    maps = {name: np.zeros(image.array.shape[1:], np.uint16) for name in MAPPED_CLASSES}
    for place, block in predict_tiles(backend, image.array, tiling, progress=True):
        check_probability(ct, block)
        for name, quantised in maps.items():
            quantised[place] = quantise(block[model.card.labels[name]])
    return maps


def _about(model: Model) -> dict[str, Any]:
    card = model.card
    described = {"name": card.name, "dataset": card.dataset, "folds": list(card.folds)}
    if card.weights_sha256:
        described["weights_sha256"] = card.weights_sha256
    return {"model": described, "disclaimer": card.disclaimer}

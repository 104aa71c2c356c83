"""Predict one CT and write its maps, findings and picture."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.image_source import DicomSeries, ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME
from dataset_conversion.spine.settings import settings
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import QuantisedArray, check_probability, quantise
from evaluation.patient.rule import Finding
from vf_nnunet import __version__
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.preprocessing import NetworkImage, Preprocessing, preprocess
from vf_nnunet.inference.probability_maps import MAP_NAMES, class_maps, map_paths, write_probability_maps
from vf_nnunet.inference.tiling import TilingSettings
from vf_nnunet.model.model import Model
from vf_nnunet.nnunet.names import DISCLAIMER
from vf_nnunet.region.prediction import Plan, plan_region, predict_region
from vf_nnunet.screening.caution import CAUTION, with_caution
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.screening.overlay import Overlay, cut_overlay, draw_overlay
from vf_nnunet.screening.provenance import FINGERPRINT, fingerprint_of, vertebra_fingerprint
from vf_nnunet.screening.result import find_fractures, patient_result, relevant_region
from vf_nnunet.screening.vertebrae.centres import GivenCentres
from vf_nnunet.screening.vertebrae.given import read_given
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage, network_affine
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.report import VertebraReport, report_vertebrae
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.volumes import CaseVolumes, cut_volumes

AIR_BELOW = -800.0
"""HU below which a voxel is air. Lung is brighter on average, and every vertebra has voxels of soft tissue."""


@settings
class ScreeningSettings:
    """How CTs are predicted.

    Attributes:
        operating_point: Thresholds of a finding.
        memory_gb: Memory for the prediction of a CT, as in `TilingSettings`.
        air_below: Hounsfield unit below which a voxel is air. Tiles of air only are background and are not computed.
            None computes every tile.
        everywhere: Whether to compute the whole body. Otherwise the model is computed where its folds say that a
            vertebra can be, and everything else is background.
        overlay: Whether to draw a picture of each case.
        worklist: Whether to write the files of each case for the worklist.
        maps: Whether to write the probability maps.
        vertebrae: Where the centres and names of vertebrae come from, and how vertebrae are judged.
    """

    operating_point: OperatingPoint = field(default_factory=OperatingPoint)
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    air_below: float | None = AIR_BELOW
    everywhere: bool = False
    overlay: bool = False
    worklist: bool = False
    maps: bool = True
    vertebrae: VertebraOptions = field(default_factory=VertebraOptions)


def result_path(output: Path, case: str) -> Path:
    """The file with a case's result, which also marks the case as finished."""
    return output / f"{case}.json"


def picture_path(output: Path, case: str) -> Path:
    """The picture of `--overlay`."""
    return output / f"{case}_overlay.png"


def dicom_folder(output: Path, case: str) -> Path:
    """The folder of the DICOM objects of `--dicom`."""
    return output / case / "dicom"


def case_files(output: Path, case: str, overlay: bool, maps: Iterable[str] = MAP_NAMES) -> list[Path]:
    """The files of a case, the result first; the picture only if `overlay`.

    Args:
        output: Folder of the files.
        case: Case id.
        overlay: Whether there is a picture.
        maps: Names of its maps; by default all that a case can have.
    """
    picture = [picture_path(output, case)] if overlay else []
    return [result_path(output, case), *map_paths(output, case, maps).values(), *picture]


def remove_earlier(output: Path, case: str, maps: Iterable[str] = MAP_NAMES) -> None:
    """Remove the files of a case from an earlier run, those for the worklist and the DICOM objects included.

    Args:
        output: Folder of the files.
        case: Case id.
        maps: Names of its maps that are removed.
    """
    for path in case_files(output, case, overlay=True, maps=maps):
        path.unlink(missing_ok=True)
    CaseFiles(output, case).remove()
    if dicom_folder(output, case).is_dir():
        shutil.rmtree(dicom_folder(output, case))


def screen_case(
    case: str, ct: ImageSource, output: Path, model: Model, backend: Backend, screening: ScreeningSettings
) -> tuple[str, ...]:
    """Write the maps, the picture, the findings and the vertebrae of one CT.

    The JSON is written last and marks the case as finished. Files of the case from an earlier run are removed first.

    Args:
        case: Case id.
        ct: Image file or DICOM series.
        output: Folder for the files.
        model: The model that predicts.
        backend: The model's ensemble, opened.
        screening: How the CT is predicted.

    Returns:
        Warnings about the CT, one sentence each, without what the model's card warns of.

    Raises:
        InputError: If the CT cannot be read, is not in Hounsfield units or cannot be preprocessed, or the centres that
            come with it cannot be used.
    """
    remove_earlier(output, case)
    # Before the CT is read: a CT that is replaced in the meantime is then seen to differ.
    fingerprint = fingerprint_of(ct, model, screening.air_below, screening.everywhere)
    given = _given(case, ct, screening.vertebrae)
    fingerprint |= vertebra_fingerprint(screening.vertebrae, given)
    image, warnings = _network_image(ct, model)
    plan = _plan(backend, image, model, screening)
    if plan.computed.warning:
        warnings = (*warnings, plan.computed.warning)
    maps = _quantised_maps(ct, backend, image, model, plan)
    grid, point = image.grid, screening.operating_point
    region = relevant_region(maps[FRACTURE_NAME], grid, point)
    findings = find_fractures(region, point)
    vertebrae, overlay, volumes = _shown(ct, image, maps, screening, given, findings)
    warnings = (*warnings, *vertebrae.warnings)
    # Free the image: the next steps need memory of their own.
    del image
    if screening.maps:
        write_probability_maps(output, case, maps, grid)
    del maps
    result = patient_result(region, findings, point)
    if volumes is not None:
        CaseFiles(output, case).write(volumes, vertebrae.centres)
    if overlay is not None:
        draw_case(output, case, overlay, result["score"], findings, vertebrae, model.card.caution)
    content = {
        "case_id": case,
        "image": ct.name,
        **_series(ct),
        **result,
        **vertebrae.to_json(),
        "warnings": with_caution(model.card.caution, warnings),
        "computed": plan.computed.to_json(),
        **_about(model),
    }
    write_json(result_path(output, case), {**content, FINGERPRINT: fingerprint})
    return warnings


def _series(ct: ImageSource) -> dict[str, Any]:
    """Which DICOM series the CT is, and why it was chosen."""
    if not isinstance(ct, DicomSeries):
        return {}
    return {"dicom": {"study_uid": ct.study_uid, "series_uid": ct.uid, "choice": ct.choice}}


def _given(case: str, ct: ImageSource, options: VertebraOptions) -> GivenCentres | None:
    """The centres that come with the CT, which are checked, as known levels are, before the network is computed."""
    return read_given(case, read_image_header(ct), options) if options.depends_on_image else None


def draw_case(
    output: Path,
    case: str,
    overlay: Overlay,
    score: float,
    findings: Sequence[Finding],
    vertebrae: VertebraReport,
    caution: str = "",
) -> None:
    """Write the picture of a case. It does not name the case, whose id can be the name of a person.

    Args:
        output: Folder for the picture.
        case: Case id.
        overlay: The slices.
        score: The patient's score.
        findings: They are numbered.
        vertebrae: They are named.
        caution: Sentence about the model, which is written on the picture; empty for none.
    """
    caption = f"vf_nnunet {__version__}, score {score:.3f}. {DISCLAIMER}"
    draw_overlay(picture_path(output, case), overlay, findings, caption, vertebrae.vertebrae, caution)


def _shown(
    ct: ImageSource,
    image: NetworkImage,
    maps: Mapping[str, QuantisedArray],
    screening: ScreeningSettings,
    given: GivenCentres | None,
    findings: Sequence[Finding],
) -> tuple[VertebraReport, Overlay | None, CaseVolumes | None]:
    """What the maps and the image, which are not copied, show: vertebrae, the slices of a picture, and small volumes.

    The CT is read once more where the model's normalisation has clipped its bright or dark voxels.
    """
    affine = network_affine(image)
    whole = image.scale.keeps_hounsfield_units
    hounsfield = HounsfieldImage.of_network(image) if whole else HounsfieldImage.of_ct(read_ct(ct))
    on_grid = {name: ProbabilityMap(quantised, affine) for name, quantised in maps.items()}
    vertebrae = report_vertebrae(on_grid, hounsfield, screening.vertebrae, given)
    overlay = cut_overlay(hounsfield, on_grid, vertebrae.centres) if screening.overlay else None
    if not screening.worklist:
        return vertebrae, overlay, None
    places = [finding.centre for finding in findings]
    return vertebrae, overlay, cut_volumes(hounsfield, on_grid[FRACTURE_NAME], vertebrae.centres, places)


def _network_image(ct: ImageSource, model: Model) -> tuple[NetworkImage, tuple[str, ...]]:
    """The network's image and the warnings about the CT; the CT itself is freed."""
    volume = read_ct(ct)
    preprocessing = Preprocessing.from_entries(model.card.preprocessing, model.card.name)
    return preprocess(volume.array, volume.affine, preprocessing), volume.warnings


def _plan(backend: Backend, image: NetworkImage, model: Model, screening: ScreeningSettings) -> Plan:
    air_below = None if screening.air_below is None else image.scale.intensity(screening.air_below)
    map_bytes = np.dtype(np.uint16).itemsize * len(model.card.classes.maps)
    tiling = TilingSettings(memory_gb=screening.memory_gb, kept_bytes=map_bytes, air_below=air_below)
    return plan_region(backend, image.array, tiling, screening.everywhere)


def _quantised_maps(
    ct: ImageSource, backend: Backend, image: NetworkImage, model: Model, plan: Plan
) -> dict[str, QuantisedArray]:
    """Only the maps that are written: the probabilities of all classes would take more memory than the image."""
    classes = model.card.classes
    maps = {name: np.zeros(image.array.shape[1:], np.uint16) for name in classes.maps}
    for place, block in predict_region(backend, image.array, plan, progress=True):
        check_probability(ct, block)
        for name, probability in class_maps(block, classes).items():
            maps[name][place] = quantise(probability)
    return maps


def _about(model: Model) -> dict[str, Any]:
    card = model.card
    identity = {"name": card.name, "dataset": card.dataset, "folds": list(card.folds)}
    if card.weights_sha256:
        identity["weights_sha256"] = card.weights_sha256
    if card.caution:
        identity[CAUTION] = card.caution
    return {"model": identity, "disclaimer": card.disclaimer}

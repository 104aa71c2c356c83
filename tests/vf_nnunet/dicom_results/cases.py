"""A case with a result, a map and a picture, as `predict` leaves them, in a series of any orientation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dataset_conversion.spine.geometry import FloatArray
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import find_components
from tests.vf_nnunet.dicom_results.series import axes, ct_slices, points_in, save, save_enhanced
from vf_nnunet.dicom_results.write import write_dicom_results

PLACES = ((18.0, 19.0, 4.0), (17.3, 21.6, 11.4), (19.0, 18.2, 19.5))
"""Where the vertebrae are, in voxels (x, y, z) of the series."""
LEVELS = ("T12", None, "L6")
POINT = {"probability_threshold": 0.5, "noise_threshold_voxels": 20, "source": "youden point", "connectivity": 26}
FINDING_RADIUS = 5.0


@dataclass(frozen=True)
class Case:
    """What the objects are made from, and where they are written.

    Attributes:
        files: The series.
        result: Content of `<case>.json`.
        fracture: The map.
        picture: The picture.
        folder: Folder of the objects.
    """

    files: list[Path]
    result: dict[str, Any]
    fracture: ProbabilityMap
    picture: Path
    folder: Path

    @property
    def centres(self) -> FloatArray:
        """Centres (n, 3) of the vertebrae, LPS mm."""
        return np.array([vertebra["centre_lps_mm"] for vertebra in self.result["vertebrae"]])

    def write(self) -> Path:
        """Write the objects."""
        write_dicom_results(self.folder, self.result, self.fracture, self.files, self.picture)
        return self.folder


def make_case(folder: Path, kind: str = "axial", enhanced: bool = False, fractured: bool = True) -> Case:
    """A case of three vertebrae; the second has a finding at its centre.

    Args:
        folder: Folder for its files.
        kind: See `axes`.
        enhanced: Whether the series is one multi-frame file.
        fractured: Whether there is a finding.
    """
    centres = points_in(axes(kind), PLACES).round(1)
    fracture = _map(centres, centres[1:2] if fractured else centres[:0])
    write = save_enhanced if enhanced else save
    picture = folder / "picture.png"
    files = write(folder / "series", ct_slices(kind))
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40, 3)).astype(np.uint8)).save(picture)
    return Case(files, _result(centres, fracture), fracture, picture, folder / "dicom")


def _map(centres: FloatArray, findings: FloatArray) -> ProbabilityMap:
    """A map on canonical axes of 1 mm around the centres, with a ball for each finding."""
    low = np.floor(centres.min(axis=0)) - 25
    shape = (np.ceil(centres.max(axis=0)) + 25 - low).astype(int)[::-1]
    affine = np.eye(4)
    affine[:3, 3] = low
    points = np.moveaxis(np.indices(shape)[::-1], 0, -1) + low
    probability = np.zeros(tuple(shape), np.float32)
    for number, centre in enumerate(findings):
        probability[np.linalg.norm(points - centre, axis=-1) < FINDING_RADIUS] = 0.9 - 0.1 * number
    return ProbabilityMap.from_probability(probability, affine)


def _result(centres: FloatArray, fracture: ProbabilityMap) -> dict[str, Any]:
    findings = find_components(fracture, 0.5, 20)
    return {
        "case_id": "Grete_4711",
        "image": "series",
        "score": 0.9 if findings else 0.1,
        "positive": bool(findings),
        "findings": [
            {
                "centre_lps_mm": [round(value, 1) for value in finding.centre],
                "volume_mm3": round(finding.volume_mm3, 1),
                "peak_probability": round(finding.peak_probability, 4),
            }
            for finding in findings
        ],
        "operating_point": dict(POINT),
        "vertebrae": [_vertebra(number, centre) for number, centre in enumerate(centres)],
        "vertebra_level": {"operating_point": {"probability_threshold": 0.4}},
        "warnings": ["größer als erwartet"],
        "model": {"name": "a model", "weights_sha256": "ab" * 32},
        "fingerprint": {"model_sha256": "cd" * 32, "vf_nnunet": "0", "ct": {"times_sha256": "ef"}},
    }


def _vertebra(number: int, centre: FloatArray) -> dict[str, Any]:
    """The second is fractured, the third is not evaluable."""
    known = number < 2
    fractured = number == 1
    return {
        "level": LEVELS[number],
        "level_probability": 0.87,
        "position": None,
        "centre_lps_mm": centre.tolist(),
        "score": 0.71234 + number / 10 if known else None,
        "fracture_probability": 0.0312 + number / 2 if known else None,
        "positive": fractured if known else None,
        "grade_probabilities": {"normal": 0.4, "mild": 0.3, "moderate": 0.2, "severe": 0.1} if fractured else None,
        "heights_mm": {"anterior": 20.5, "middle": 21.5, "posterior": 25.0} if fractured else None,
        "height_loss": {"own": 0.18, "neighbour": None} if fractured else None,
        "trabecular_hu": 101.0 if known else None,
        "not_evaluable": None if known else "the border of the image cuts it",
        "warnings": ["contrast medium is likely"] if fractured else [],
    }

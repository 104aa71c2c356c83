"""Results of cases without a prediction, for tests of the worklist."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.geometry import index_to_world
from evaluation.maps.probability_map import ProbabilityMap
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.volumes import cut_volumes

MODEL: dict[str, Any] = {"name": "trainer__plans__3d_fullres", "dataset": "Dataset001_Test", "folds": ["0"]}
POINT = {"probability_threshold": 0.5, "noise_threshold_voxels": 125, "source": "default", "connectivity": 26}
VERTEBRA_MM = 30.0


def vertebra(level: str | None, score: float | None, number: int, **others: Any) -> dict[str, Any]:
    """One entry of `vertebrae`, 30 mm below the one before."""
    return {
        "level": level,
        "level_probability": None if level is None else 0.95,
        "position": None if level else "third from below",
        "centre_lps_mm": [1.0, 2.0, 200.0 - VERTEBRA_MM * number],
        "score": score,
        "fracture_probability": None,
        "positive": None if score is None else score >= 0.5,
        "grade_probabilities": None,
        "heights_mm": None,
        "height_loss": None,
        "trabecular_hu": None if score is None else 140,
        "not_evaluable": "cut by the border of the image" if score is None else None,
        "warnings": [],
        **others,
    }


def result(case: str, scores: Sequence[float | None], **others: Any) -> dict[str, Any]:
    """The content of `<case>.json`: vertebrae from L1 down, and a finding at the first one that is positive."""
    vertebrae = [vertebra(f"L{number + 1}", score, number) for number, score in enumerate(scores)]
    positive = [one for one in vertebrae if one["positive"]]
    findings = [
        {"centre_lps_mm": one["centre_lps_mm"], "volume_mm3": 900.0, "peak_probability": 0.9} for one in positive[:1]
    ]
    return {
        "case_id": case,
        "image": f"{case}.nii.gz",
        "score": max([score for score in scores if score is not None], default=0.0),
        "positive": bool(positive),
        "findings": findings,
        "operating_point": POINT,
        "vertebrae": vertebrae,
        "vertebra_level": {"operating_point": {"probability_threshold": 0.5, "source": "default"}, "calibration": None},
        "warnings": [],
        "model": MODEL,
        **others,
    }


def write_result(output: Path, case: str, scores: Sequence[float | None], **others: Any) -> dict[str, Any]:
    """Write a result and return it."""
    content = result(case, scores, **others)
    output.mkdir(exist_ok=True)
    write_json(output / f"{case}.json", content)
    return content


def small_case(seed: int = 0) -> tuple[HounsfieldImage, ProbabilityMap]:
    """An oblique CT with bright bodies and a map, where the results above have their vertebrae; L1 is fractured."""
    shape = (190, 90, 80)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xz", (12.0, -8.0), degrees=True).as_matrix()
    affine[:3, 3] = (-33.0, -25.0, 35.0)
    hounsfield = np.random.default_rng(seed).normal(40, 15, shape).astype(np.float32)
    probability = np.zeros(shape, np.float32)
    places = index_to_world(affine, np.argwhere(np.ones(shape, bool))).reshape(*shape, 3)
    for number in range(5):
        distance = np.abs(places - (1.0, 2.0, 200.0 - VERTEBRA_MM * number))
        hounsfield[(distance < (16, 14, 8)).all(axis=-1)] = 500
        if number == 0:
            probability[(distance < (14, 12, 7)).all(axis=-1)] = 0.9
    return HounsfieldImage(hounsfield, affine, (1.0, 1.0, 1.0)), ProbabilityMap.from_probability(probability, affine)


def write_files(output: Path, content: dict[str, Any]) -> None:
    """Write the files of a case that the page opens."""
    image, fracture = small_case()
    centres = [one["centre_lps_mm"] for one in content["vertebrae"]]
    findings = [one["centre_lps_mm"] for one in content["findings"]]
    CaseFiles(output, content["case_id"]).write(cut_volumes(image, fracture, centres, findings), centres)

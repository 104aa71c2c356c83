"""nnU-Net's fingerprint of a dataset, from the summaries of its cases."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_text
from vf_nnunet.nnunet.normalisation import STATISTICS
from vf_nnunet.planning.preprocessed_case import CaseSummary

FINGERPRINT_FILE = "dataset_fingerprint.json"
INTENSITY_SAMPLES = 1_000_000
"""Voxels drawn for the intensity statistics; nnU-Net draws 100 million (1.6 GB)."""
SEED = 1234
"""nnU-Net's, for each case."""


def write_fingerprint(preprocessed: Path, cases: Sequence[CaseSummary]) -> None:
    """Write `dataset_fingerprint.json`, equal to that of nnU-Net's extractor with `INTENSITY_SAMPLES`.

    Args:
        preprocessed: Folder of the preprocessed dataset.
        cases: In nnU-Net's order.

    Raises:
        InputError: If no voxel of the dataset has a label.
    """
    write_text(preprocessed / FINGERPRINT_FILE, json.dumps(fingerprint(preprocessed, cases), indent=4, sort_keys=True))


def fingerprint(preprocessed: Path, cases: Sequence[CaseSummary]) -> dict[str, Any]:
    """The content of `dataset_fingerprint.json`; the arguments are those of `write_fingerprint`.

    Raises:
        InputError: If no voxel of the dataset has a label.
    """
    if not any(case.foreground.size for case in cases):
        path = preprocessed / FINGERPRINT_FILE
        raise InputError(f"{path}: no voxel of {len(cases)} cases is labelled; expected labels of vertebrae")
    samples = INTENSITY_SAMPLES // len(cases)
    drawn = [_draw(case.foreground, samples) for case in cases]
    channels = [np.concatenate([case[channel] for case in drawn]) for channel in range(len(drawn[0]))]
    return {
        STATISTICS: {str(channel): _statistics(values) for channel, values in enumerate(channels)},
        "median_relative_size_after_cropping": float(np.median([case.relative_size for case in cases])),
        "shapes_after_crop": [list(case.shape) for case in cases],
        "spacings": [list(case.spacing) for case in cases],
    }


def _draw(foreground: npt.NDArray[Any], samples: int) -> list[npt.NDArray[np.floating]]:
    """Draw voxels of each channel of a case, with replacement; none of a case without labels."""
    random = np.random.RandomState(SEED)
    # nnU-Net has an empty list, in float64, for such a case, and then computes the means of all cases in float64.
    none = np.zeros(0, dtype=np.float64)
    return [random.choice(values, samples) if values.size else none for values in foreground.astype(np.float32)]


def _statistics(values: npt.NDArray[np.floating]) -> dict[str, float]:
    lowest, median, highest = np.percentile(values, (0.5, 50.0, 99.5))
    return {
        "max": float(np.max(values)),
        "mean": float(np.mean(values)),
        "median": float(median),
        "min": float(np.min(values)),
        "percentile_00_5": float(lowest),
        "percentile_99_5": float(highest),
        "std": float(np.std(values)),
    }

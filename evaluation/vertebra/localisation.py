"""The error of localisation that is added to annotated centroids.

It stands for an automatic localisation in front of the detector. Nicolaes et al. 2019, section 3.3, take 3 mm of
standard deviation along each axis.
"""

from __future__ import annotations

import hashlib

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.settings import ScoringSettings


def noised_centroids(vertebra: Vertebra, settings: ScoringSettings) -> FloatArray:
    """The centroid (draws, 3) in LPS mm, moved by an error.

    The error depends on the seed, the case and the level alone, so neither the order of the cases nor the detector
    changes it.
    """
    name = hashlib.sha256(f"{vertebra.case_id}/{vertebra.vertebra}".encode()).digest()
    generator = np.random.default_rng([settings.seed, int.from_bytes(name[:8], "big")])
    error = generator.normal(0.0, 1.0, (settings.localisation_draws, 3))
    if settings.localisation_error == "normal":
        error *= settings.localisation_noise
    else:
        # A normal vector of any length points in a direction drawn uniformly.
        error /= np.linalg.norm(error, axis=1, keepdims=True)
        error *= _lognormal(generator, *settings.localisation_distance, settings.localisation_draws)[:, None]
    return np.asarray(vertebra.centroid) + error


def _lognormal(generator: np.random.Generator, mean: float, deviation: float, draws: int) -> FloatArray:
    """Draws with a given mean and standard deviation, which are not those of the logarithm."""
    variance = np.log1p((deviation / mean) ** 2)
    drawn: FloatArray = generator.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), draws)
    return drawn

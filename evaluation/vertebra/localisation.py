"""Simulated localisation error of annotated centroids.

It stands for an automatic localisation before the detector. Nicolaes et al. 2019, section 3.3, use a standard deviation
of 3 mm along each axis.
"""

from __future__ import annotations

import hashlib

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.settings import ScoringSettings


def noised_centroids(vertebra: Vertebra, settings: ScoringSettings) -> FloatArray:
    """The centroid (draws, 3) in LPS mm with a random error.

    The error depends only on the seed, the case and the level, not on the order of the cases or the detector.
    """
    name = hashlib.sha256(f"{vertebra.case_id}/{vertebra.vertebra}".encode()).digest()
    generator = np.random.default_rng([settings.seed, int.from_bytes(name[:8], "big")])
    error = generator.normal(0.0, 1.0, (settings.localisation_draws, 3))
    if settings.localisation_error == "normal":
        error *= settings.localisation_noise
    else:
        # The direction of a normal vector is uniformly distributed.
        error /= np.linalg.norm(error, axis=1, keepdims=True)
        error *= _lognormal(generator, *settings.localisation_distance, settings.localisation_draws)[:, None]
    return np.asarray(vertebra.centroid) + error


def _lognormal(generator: np.random.Generator, mean: float, deviation: float, draws: int) -> FloatArray:
    """Lognormal draws with a given mean and standard deviation of the value, not of its logarithm."""
    variance = np.log1p((deviation / mean) ** 2)
    drawn: FloatArray = generator.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), draws)
    return drawn

"""From a map of the probability of a vertebra to the chain of vertebral centres."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from dataset_conversion.spine.geometry import FloatArray
from evaluation.localisation.chain import Link, best_chain
from evaluation.localisation.located import LocatedVertebra
from evaluation.localisation.peaks import find_peaks, smooth
from evaluation.localisation.settings import DEFAULT_SETTINGS, LocalisationSettings
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.statistics.roc import BoolArray


def locate_vertebrae(
    vertebra_map: ProbabilityMap, settings: LocalisationSettings = DEFAULT_SETTINGS
) -> list[LocatedVertebra]:
    """Find the centres of the vertebral bodies.

    Args:
        vertebra_map: Probability of a vertebra of any class, as `add_maps` makes it.
        settings: How vertebrae are found.

    Returns:
        The vertebrae from the top down; empty where there is no spine.
    """
    smoothed = smooth(vertebra_map, settings)
    if smoothed is None:
        return []
    peaks = find_peaks(smoothed, settings)
    chain = best_chain(peaks, settings)
    if not chain:
        return []
    centres, inserted = _with_missed(peaks.position, chain)
    last = np.array(vertebra_map.shape) - 1
    centres = vertebra_map.index_to_world(np.clip(vertebra_map.world_to_index(centres), 0, last))
    probability = np.clip(smoothed.at(centres), 0.0, 1.0)
    return [
        LocatedVertebra((float(x), float(y), float(z)), float(height), bool(missed))
        for (x, y, z), height, missed in zip(centres, probability, inserted, strict=True)
    ]


def _with_missed(position: FloatArray, chain: list[Link]) -> tuple[FloatArray, BoolArray]:
    """The centres (n, 3) with those of missed vertebrae on a smooth curve, and which were inserted (n,)."""
    centres = position[[link.peak for link in chain]]
    missed = np.array([link.missed for link in chain])
    number = np.arange(len(chain)) + np.cumsum(missed) - missed
    everything = np.arange(number[-1] + 1)
    if len(everything) > len(chain):
        centres = CubicSpline(number, centres, bc_type="natural")(everything)
    return centres, ~np.isin(everything, number)

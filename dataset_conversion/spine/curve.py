"""The direction of the spine at each of its vertebrae."""

from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray


def curve_tangents(centroids: FloatArray, default: FloatArray) -> FloatArray:
    """Unit tangents of a smooth curve through centroids, pointing along the order they are given in.

    Three centroids or more give a natural cubic spline over the chord length, two a straight line, one `default`.

    Args:
        centroids: (n, 3) in mm, in order along the spine.
        default: (3,) unit vector in the same direction, for a lone vertebra.

    Returns:
        (n, 3) unit vectors.

    Raises:
        InputError: If two successive centroids are at the same place.
    """
    if len(centroids) == 1:
        return default[np.newaxis].copy()
    chords = np.linalg.norm(np.diff(centroids, axis=0), axis=1)
    if not chords.all():
        same = int(np.argmin(chords))
        raise InputError(f"two vertebrae at LPS {centroids[same].round(1).tolist()} mm; expected distinct centroids")
    knots = np.concatenate([[0.0], np.cumsum(chords)])
    tangents = _natural_spline(knots, centroids)(knots, 1)
    return np.asarray(tangents / np.linalg.norm(tangents, axis=1, keepdims=True))


def curve_at_heights(centroids: FloatArray, heights: FloatArray) -> FloatArray:
    """Where the spine passes through axial planes: natural cubic splines, extended straight beyond the ends.

    Args:
        centroids: (n, 3) LPS mm (x, y, z); centroids with the same z are replaced by their mean.
        heights: (m,) z in mm.

    Returns:
        (m, 2) x and y in mm.
    """
    z, group = np.unique(centroids[:, 2], return_inverse=True)
    places = np.stack([centroids[group == number, :2].mean(axis=0) for number in range(len(z))])
    if len(z) == 1:
        return np.broadcast_to(places[0], (len(heights), 2)).copy()
    spline = _natural_spline(z, places)
    inside = np.clip(heights, z[0], z[-1])
    return np.asarray(spline(inside) + spline(inside, 1) * (heights - inside)[:, np.newaxis])


def _natural_spline(knots: FloatArray, values: FloatArray) -> Any:
    # A prediction, which draws no spline, does not wait for the import.
    from scipy.interpolate import CubicSpline

    return CubicSpline(knots, values, bc_type="natural")

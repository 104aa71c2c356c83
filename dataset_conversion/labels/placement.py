"""Position, size and class of the ellipsoid of each vertebra.

Nicolaes et al. 2019 extend the dense labels of Glocker et al. 2013 to ellipsoids of three classes, but do not state
their axes, orientation or overlap rule. Here an ellipsoid lies along the spine and has its level's mean size, scaled to
the person and flattened by its grade. It stays clear of its own vertebra's border, so that the voxels there are
background, as in the paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field

from dataset_conversion.spine.anatomy import body_size, expected_spacing
from dataset_conversion.spine.curve import curve_tangents
from dataset_conversion.spine.geometry import FloatArray, Geometry
from dataset_conversion.spine.labels import LabelClasses
from dataset_conversion.spine.levels import level_index
from dataset_conversion.spine.settings import settings
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture, with_body

POSTERIOR = np.array([0.0, 1.0, 0.0])
DOWN = np.array([0.0, 0.0, -1.0])
"""Directions along the axes of a canonical image."""
DEFAULT_CLASSES = LabelClasses.standard()
"""Normal and fracture, from grade 1 on."""


Share = Annotated[float, Field(gt=0, le=1)]
Factor = Annotated[float, Field(gt=0)]
ShareByGrade = tuple[Share, Share, Share, Share]
"""For Genant grades 0 to 3."""


@settings
class EllipsoidSettings:
    """Shape of the label ellipsoids. Shares are of the mean body of a level, scaled to the person.

    Attributes:
        width_share: Left-right axis.
        depth_share: Anterior-posterior axis.
        height_share: Longitudinal axis of a body that is not fractured.
        lowest_lumbar_height: Factor on the height of L5 and L6. They are lowest at the posterior wall, where the
            table's heights were measured, and higher in front.
        fractured_height_share: Longitudinal axis of a fractured body, as a share of its remaining height. Smaller,
            because the remaining height varies most.
        height_left: Share of the height that remains at the middle of a biconcave or crushed body, for grades 0 to 3.
            Genant's bands of loss are 20-25 %, 25-40 % and above 40 %. The last has no upper end, so its value allows
            for a collapse.
        wedge_height_left: The same for a wedge, which loses about half as much height in its middle as in front.
        unknown_height_left: The same where the shape is not known: between the two, but a severe fracture may be a
            collapse.
        bulge: Growth of width and depth per share of height lost.
        forward_shift: Distance from the centroid to the ellipsoid's centre, as a share of the depth. The posterior wall
            is concave, so the middle of the midline lies in front of the body's centre of mass.
        neighbour_share: Share of the distance between two centroids that their two ellipsoids may fill together.
        prior_distances: Number of measured distances that the mean adult counts for, when a person's size is estimated.
            People differ by about as much as one person's discs do.
        smallest_scale: Lower limit of a person's size relative to the mean adult's.
        largest_scale: Upper limit of the same.
        rounding: Centroids are rounded to multiples of this, in mm along the image's axes. NIfTI stores origins in
            single precision, so one scan stored along other axes may lie 1e-5 mm off; after rounding, both get the same
            labels.
    """

    width_share: Share = 0.80
    depth_share: Share = 0.78
    height_share: Share = 0.90
    lowest_lumbar_height: Factor = 1.06
    fractured_height_share: Share = 0.66
    height_left: ShareByGrade = (1.0, 0.78, 0.69, 0.42)
    wedge_height_left: ShareByGrade = (1.0, 0.87, 0.81, 0.58)
    unknown_height_left: ShareByGrade = (1.0, 0.82, 0.75, 0.42)
    bulge: Annotated[float, Field(ge=0)] = 0.2
    forward_shift: Annotated[float, Field(ge=0, le=0.5)] = 0.045
    neighbour_share: Share = 0.85
    prior_distances: Annotated[float, Field(ge=0)] = 1.0
    smallest_scale: Share = 0.75
    largest_scale: Annotated[float, Field(ge=1)] = 1.25
    rounding: Factor = 0.1


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid in the patient.

    Attributes:
        centre: LPS mm (3,).
        axes: (3, 3) unit vectors as rows: left-right, anterior-posterior, longitudinal.
        semi_axes: mm (3,) in the same order.
        label: The class that its voxels get.
        is_fracture: Whether the vertebra counts as fractured.
    """

    centre: FloatArray
    axes: FloatArray
    semi_axes: FloatArray
    label: int
    is_fracture: bool


def place_ellipsoids(
    image: Geometry,
    vertebrae: Sequence[Vertebra],
    settings: EllipsoidSettings,
    classes: LabelClasses = DEFAULT_CLASSES,
) -> list[Ellipsoid]:
    """One ellipsoid for each vertebra of a case that has a body, in order down the spine.

    C1 has none and gets no ellipsoid. Its centre does not count for the curve of the spine either.

    Args:
        image: An image on canonical LPS axes. Ellipsoids are placed along them, so the stored axes do not matter.
        vertebrae: All annotated vertebrae of the case, in any order.
        settings: Sizes of the ellipsoids.
        classes: The classes of the labels.

    Raises:
        InputError: If two vertebrae are at the same place.
    """
    ordered = sorted(with_body(vertebrae), key=lambda vertebra: level_index(vertebra.vertebra))
    if not ordered:
        return []
    spacing = np.array(image.spacing[::-1])
    directions = image.affine[:3, :3] / spacing
    indices = image.world_to_index([vertebra.centroid for vertebra in ordered])[:, ::-1]
    centroids = _rounded(indices * spacing, settings.rounding)
    frames = [_local_frame(tangent) for tangent in curve_tangents(centroids, DOWN)]
    scale = _person_scale(ordered, centroids, settings)
    semi_axes = np.array([scale * _mean_semi_axes(vertebra, settings) for vertebra in ordered])
    semi_axes[:, 2] *= _room(semi_axes[:, 2], centroids, settings.neighbour_share)
    shifts = [scale * body_size(vertebra.vertebra).depth * settings.forward_shift for vertebra in ordered]
    return [
        Ellipsoid(
            image.affine[:3, 3] + directions @ (centroid - shift * frame[1]),
            frame @ directions.T,
            size,
            classes.label_of(vertebra.grade),
            bool(is_fracture(vertebra.grade, classes.fracture_grade)),
        )
        for centroid, shift, frame, size, vertebra in zip(centroids, shifts, frames, semi_axes, ordered, strict=True)
    ]


def _rounded(places: FloatArray, step: float) -> FloatArray:
    """Positions in mm, rounded at thirds of a step. Tenths of a voxel lie at its halves and could round either way."""
    return np.asarray(np.floor(places / step + 1 / 3) * step)


def _local_frame(tangent: FloatArray) -> FloatArray:
    """Left-right, anterior-posterior (as close to the image's as possible) and longitudinal unit vectors, as rows."""
    depth = POSTERIOR - tangent * (POSTERIOR @ tangent)
    depth /= np.linalg.norm(depth)
    return np.array([np.cross(tangent, depth), depth, tangent])


def _person_scale(ordered: Sequence[Vertebra], centroids: FloatArray, settings: EllipsoidSettings) -> float:
    """Median distance between unfractured neighbours relative to the mean adult's, drawn towards 1 if they are few."""
    ratios = [
        float(np.linalg.norm(above - below)) / expected_spacing(upper.vertebra, lower.vertebra)
        for (upper, above), (lower, below) in pairwise(zip(ordered, centroids, strict=True))
        if not upper.grade and not lower.grade
    ]
    weight = len(ratios) / (len(ratios) + settings.prior_distances) if ratios else 0.0
    scale = 1.0 + weight * float(np.median(ratios or [1.0]) - 1.0)
    return min(max(scale, settings.smallest_scale), settings.largest_scale)


def _mean_semi_axes(vertebra: Vertebra, settings: EllipsoidSettings) -> FloatArray:
    """Semi-axes of the mean adult's vertebra of this level and grade; an ungraded one is drawn as normal."""
    size = body_size(vertebra.vertebra)
    grade = vertebra.grade or 0
    bulge = 1.0 + settings.bulge * (1.0 - settings.height_left[grade])
    height_share = settings.fractured_height_share if grade else settings.height_share
    height_share *= settings.lowest_lumbar_height if vertebra.vertebra in {"L5", "L6"} else 1.0
    axes = [
        settings.width_share * size.width * bulge,
        settings.depth_share * size.depth * bulge,
        height_share * size.height * _height_left(vertebra.shape, settings)[grade],
    ]
    return np.array(axes) / 2


def _height_left(shape: str | None, settings: EllipsoidSettings) -> tuple[float, float, float, float]:
    if shape is None:
        return settings.unknown_height_left
    return settings.wedge_height_left if shape == "wedge" else settings.height_left


def _room(heights: FloatArray, centroids: FloatArray, share: float) -> FloatArray:
    """Factor (n,) on each longitudinal semi-axis (n,) that keeps the ellipsoids clear of their neighbours."""
    distances = np.linalg.norm(np.diff(centroids, axis=0), axis=1)
    fits = np.minimum(1.0, share * distances / (heights[:-1] + heights[1:]))
    return np.asarray(np.minimum(np.append(fits, 1.0), np.insert(fits, 0, 1.0)))

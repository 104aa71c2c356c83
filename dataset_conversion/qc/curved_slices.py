"""A sagittal and a coronal slice that follow the spine, so that a curved spine stays in view."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.images.volume import Volume
from dataset_conversion.qc.style import SliceStyle
from dataset_conversion.spine.curved_plane import View, curved_plane, sample
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import BACKGROUND
from dataset_conversion.spine.vertebra_table import Vertebra


@dataclass(frozen=True, eq=False)
class CurvedSlice:
    """CT and labels on a plane that is curved in one direction. Rows are axial, so distances in the picture are true.

    Attributes:
        hounsfield: (rows, columns) from the top down, NaN outside the CT.
        classes: By label, the share of the class in each pixel, 0 to 1, interpolated linearly; only labels that occur.
        extent: Left, right, bottom and top edge in LPS mm.
        marks: (n, 2) of the centroids: across and z, in LPS mm.
    """

    hounsfield: FloatArray
    classes: dict[int, FloatArray]
    extent: tuple[float, float, float, float]
    marks: FloatArray


def sagittal_slice(ct: Volume, labels: Volume, vertebrae: Sequence[Vertebra], style: SliceStyle) -> CurvedSlice:
    """The slice through the centroids, front at the left; it follows the spine sideways."""
    return _slice(ct, labels, vertebrae, style, "sagittal", margins=(style.anterior, style.posterior))


def coronal_slice(ct: Volume, labels: Volume, vertebrae: Sequence[Vertebra], style: SliceStyle) -> CurvedSlice:
    """The slice through the centroids, the patient's right at the left; it follows the spine from front to back."""
    return _slice(ct, labels, vertebrae, style, "coronal", margins=(style.lateral, style.lateral))


def crop_to_ct(views: Sequence[CurvedSlice]) -> list[CurvedSlice]:
    """Crop the slices of one case to the CT; they keep the same rows."""
    inside = [np.isfinite(view.hounsfield) for view in views]
    rows = _span(np.stack([part.any(axis=1) for part in inside]).any(axis=0))
    return [_cropped(view, rows, _span(part.any(axis=0))) for view, part in zip(views, inside, strict=True)]


def _span(used: npt.ArrayLike) -> slice:
    places = np.flatnonzero(used)
    return slice(int(places[0]), int(places[-1]) + 1)


def _cropped(view: CurvedSlice, rows: slice, columns: slice) -> CurvedSlice:
    left, right, bottom, top = view.extent
    across, down = (right - left) / view.hounsfield.shape[1], (top - bottom) / view.hounsfield.shape[0]
    return replace(
        view,
        hounsfield=view.hounsfield[rows, columns],
        classes={label: share[rows, columns] for label, share in view.classes.items()},
        extent=(
            left + columns.start * across,
            left + columns.stop * across,
            top - rows.stop * down,
            top - rows.start * down,
        ),
    )


def _slice(
    ct: Volume,
    labels: Volume,
    vertebrae: Sequence[Vertebra],
    style: SliceStyle,
    view: View,
    margins: tuple[float, float],
) -> CurvedSlice:
    centroids = np.array([vertebra.centroid for vertebra in vertebrae])
    plane = curved_plane(centroids, view, margins, style.longitudinal, style.step)
    half = style.step / 2
    left, right, bottom, top = plane.places[0], plane.places[-1], plane.heights[-1], plane.heights[0]
    return CurvedSlice(
        hounsfield=sample(ct.array, ct.affine, plane.points, outside=np.nan),
        classes=_sample_classes(labels, plane.points),
        extent=(left - half, right + half, bottom - half, top + half),
        marks=np.column_stack([left + style.step * plane.marks[:, 1], top - style.step * plane.marks[:, 0]]),
    )


def _sample_classes(labels: Volume, points: FloatArray) -> dict[int, FloatArray]:
    """The share of each class at points (rows, columns, 3). Only the labels' bounding box is interpolated."""
    boxes = ndimage.find_objects((labels.array != BACKGROUND).astype(np.uint8))
    if not boxes:
        return {}
    (box,) = boxes
    array = labels.array[box]
    affine = labels.affine.copy()
    affine[:3, 3] = labels.index_to_world([part.start for part in box])[0]
    return {
        int(label): sample((array == label).astype(np.float32), affine, points, outside=0.0)
        for label in np.unique(array)
        if label != BACKGROUND
    }

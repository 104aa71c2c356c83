"""Findings and spheres on the images of the source, whatever their orientation, distances and tilt."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.geometry import FloatArray, index_to_world, world_to_index
from evaluation.patient.rule import LabelledFindings
from vf_nnunet.dicom_results.source import Frame, SourceSeries

LabelArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
Window = tuple[slice, slice]
"""Rows and columns of a part of an image."""

RADIUS_MM = 8.0
"""Radius of a sphere, about a third of a lumbar body's height."""
LARGEST_NUMBER = 255
"""Largest number of segments in an object."""


@dataclass(frozen=True, eq=False)
class FrameLabels:
    """Numbered segments on the images that show them.

    Attributes:
        frames: Numbers of the images, from 0.
        labels: (frames, rows, columns): 1 for the first segment and so on, 0 for others.
    """

    frames: tuple[int, ...]
    labels: LabelArray


class _Canvas:
    """Images that are made when something is drawn on them."""

    def __init__(self, source: SourceSeries) -> None:
        self.source = source
        self.images: dict[int, LabelArray] = {}

    def image(self, frame: int) -> LabelArray:
        """The image of a frame, by its number."""
        return self.images.setdefault(frame, np.zeros(self.source.size, np.uint8))

    def has(self, label: int) -> bool:
        """Whether a segment is on any image."""
        return any((image == label).any() for image in self.images.values())

    def mark(self, point: FloatArray, label: int) -> None:
        """Draw the voxel that is nearest to a point."""
        places = [frame.place(point)[0] for frame in self.source.frames]
        nearest = int(np.argmin([abs(across) for _, _, across in places]))
        rows, columns = self.source.size
        column, row = (round(float(value)) for value in places[nearest][:2])
        self.image(nearest)[min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)] = label

    def finished(self) -> FrameLabels:
        """The images in the order of the frames."""
        frames = tuple(sorted(self.images))
        return FrameLabels(frames, np.stack([self.images[frame] for frame in frames]))


def spheres(source: SourceSeries, centres: FloatArray, radius: float = RADIUS_MM) -> FrameLabels:
    """Spheres around points; those of close points are smaller, so that none overlap.

    Args:
        source: The series.
        centres: (n, 3), LPS mm, n at least 1.
        radius: In mm.
    """
    canvas = _Canvas(source)
    radius = min(radius, _smallest_distance(centres) / 2)
    for label, centre in enumerate(centres, start=1):
        for number, frame in enumerate(source.frames):
            left = radius**2 - float(frame.place(centre)[0, 2]) ** 2
            if left > 0:
                _draw_disc(canvas, number, frame, centre, left, label)
        if not canvas.has(label):
            canvas.mark(centre, label)
    return canvas.finished()


def _smallest_distance(centres: FloatArray) -> float:
    distances = np.linalg.norm(centres[:, np.newaxis] - centres, axis=-1)
    distances[np.diag_indices(len(centres))] = np.inf
    return float(distances.min())


def _draw_disc(canvas: _Canvas, number: int, frame: Frame, centre: FloatArray, squared: float, label: int) -> None:
    """Draw the pixels whose squared distance from the centre, as seen across the image, is below `squared` mm²."""
    across = frame.place(centre)[0]
    margin = np.sqrt(squared) / np.linalg.norm(frame.steps, axis=1)
    window = _window(canvas.source.size, across[:2] - margin, across[:2] + margin)
    offsets = _pixels(frame, window) - (centre - across[2] * frame.normal)
    _draw(canvas, number, window, (offsets**2).sum(axis=-1) < squared, label)


def findings_on_frames(source: SourceSeries, found: LabelledFindings, affine: FloatArray) -> FrameLabels:
    """The findings of a map, taken at the centre of each pixel.

    Args:
        source: The series.
        found: The findings, at least one.
        affine: The map's, voxel index (x, y, z) to LPS mm, 4x4.
    """
    canvas = _Canvas(source)
    for label, finding in enumerate(found.findings[:LARGEST_NUMBER], start=1):
        corners = _corners(found, label, affine)
        for number, frame in enumerate(source.frames):
            placed = frame.place(corners)
            if placed[:, 2].min() <= 0 <= placed[:, 2].max():
                window = _window(source.size, placed[:, :2].min(axis=0), placed[:, :2].max(axis=0))
                _draw(canvas, number, window, _is_at(found, label, affine, _pixels(frame, window)), label)
        if not canvas.has(label):
            canvas.mark(np.array(finding.centre), label)
    return canvas.finished()


def _corners(found: LabelledFindings, label: int, affine: FloatArray) -> FloatArray:
    """The corners (8, 3) of the box around a finding, LPS mm."""
    places = np.nonzero(found.labels == label)
    sides = [
        (int(side.min()) - 0.5 + at, int(side.max()) + 0.5 + at) for side, at in zip(places, found.first, strict=True)
    ]
    return index_to_world(affine, list(product(*sides)))


def _is_at(found: LabelledFindings, label: int, affine: FloatArray, points: FloatArray) -> BoolArray:
    """Whether a finding is at points (rows, columns, 3) in LPS mm."""
    indices = np.rint(world_to_index(affine, points.reshape(-1, 3))).astype(int) - found.first
    known = np.all((indices >= 0) & (indices < found.labels.shape), axis=1)
    inside = np.zeros(len(indices), bool)
    inside[known] = found.labels[tuple(indices[known].T)] == label
    return inside.reshape(points.shape[:2])


def _draw(canvas: _Canvas, number: int, window: Window, inside: BoolArray, label: int) -> None:
    """Draw the pixels of a part of an image that are inside."""
    if inside.any():
        canvas.image(number)[window][inside] = label


def _pixels(frame: Frame, window: Window) -> FloatArray:
    """The centres (rows, columns, 3) of the pixels in a part of an image, LPS mm."""
    rows, columns = (np.arange(side.start, side.stop) for side in window)
    return np.asarray(
        frame.origin
        + columns[np.newaxis, :, np.newaxis] * frame.steps[0]
        + rows[:, np.newaxis, np.newaxis] * frame.steps[1]
    )


def _window(size: Sequence[int], low: FloatArray, high: FloatArray) -> Window:
    """The rows and columns of an image between two places (column, row); none if it lies elsewhere."""
    starts = [max(0, int(np.floor(low[axis]))) for axis in (1, 0)]
    stops = [min(limit, int(np.ceil(high[axis])) + 1) for axis, limit in ((1, size[0]), (0, size[1]))]
    rows, columns = (slice(start, max(start, stop)) for start, stop in zip(starts, stops, strict=True))
    return rows, columns

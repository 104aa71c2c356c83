"""Draw a predicted CT: sagittal slices along the spine, overlaid with the fracture probability."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.curved_plane import sample
from dataset_conversion.spine.files import atomic_file
from dataset_conversion.spine.geometry import FloatArray, world_to_index
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.maps.quantisation import dequantise
from evaluation.patient.rule import Finding
from evaluation.report.overlay import blend
from vf_nnunet.inference.preprocessing import NetworkImage
from vf_nnunet.inference.probability_grid import ProbabilityGrid
from vf_nnunet.inference.probability_maps import QuantisedMaps
from vf_nnunet.screening.spine_course import spine_course

VOXELS = np.eye(4)
"""The affine of points in voxel coordinates."""


@dataclass(frozen=True)
class OverlayStyle:
    """Layout of the picture; its colours are those of the report (`evaluation.report.overlay`).

    Attributes:
        offsets: Distance of each slice from the middle of the spine in mm, positive to the patient's left.
        height: Height in inches.
        widest: Largest width in inches; a CT of few slices, which would need more, gets a black margin.
        dots_per_inch: Resolution.
    """

    offsets: tuple[float, ...] = (-8.0, 0.0, 8.0)
    height: float = 7.0
    widest: float = 40.0
    dots_per_inch: int = 130


@dataclass(frozen=True)
class Overlay:
    """The slices to draw; the first row is the top, the first column the front.

    Attributes:
        hounsfield: Hounsfield units (rows, columns) of each slice.
        probability: Probability of fracture (rows, columns) of each slice.
        grid: The network's grid.
    """

    hounsfield: tuple[FloatArray, ...]
    probability: tuple[FloatArray, ...]
    grid: ProbabilityGrid


def cut_overlay(image: NetworkImage, maps: QuantisedMaps, style: OverlayStyle = OverlayStyle()) -> Overlay:
    """Cut the slices, curved sideways along the spine.

    Args:
        image: The network's image.
        maps: Quantised maps on its grid.
        style: The positions of the slices.
    """
    spacing = image.grid.spacing
    fracture = maps[FRACTURE_NAME]
    course = spine_course([fracture, maps[NORMAL_NAME]], spacing)
    heights, depth, width = fracture.shape
    # Voxel coordinates (x, y, z), from the top down; LPS y increases to the back, so columns begin at the front.
    points = np.empty((heights, depth, 3))
    points[..., 1] = np.arange(depth)
    points[..., 2] = np.arange(heights)[::-1, np.newaxis]
    hounsfield, probability = [], []
    for offset in style.offsets:
        points[..., 0] = np.clip(course + offset / spacing[2], 0, width - 1)[::-1, np.newaxis]
        hounsfield.append(sample(image.array[0], VOXELS, points, outside=0.0) * image.deviation + image.mean)
        probability.append(dequantise(sample(fracture, VOXELS, points, outside=0.0)))
    return Overlay(tuple(hounsfield), tuple(probability), image.grid)


def draw_overlay(
    path: Path, overlay: Overlay, findings: Sequence[Finding], caption: str, style: OverlayStyle = OverlayStyle()
) -> None:
    """Write the slices side by side as PNG; findings are numbered from 1 in the order of `<case>.json`."""
    from matplotlib.figure import Figure

    rows, columns = overlay.hounsfield[0].shape
    height_mm, depth_mm = rows * overlay.grid.spacing[0], columns * overlay.grid.spacing[1]
    width = min(style.height * depth_mm / height_mm * len(overlay.hounsfield), style.widest)
    figure = Figure(figsize=(width, style.height), dpi=style.dots_per_inch, facecolor="black")
    extent = (0.0, depth_mm, height_mm, 0.0)
    for number, (hounsfield, probability) in enumerate(zip(overlay.hounsfield, overlay.probability, strict=True)):
        axes = figure.add_axes((number / len(overlay.hounsfield), 0.0, 1 / len(overlay.hounsfield), 1.0))
        axes.set_axis_off()
        axes.imshow(blend(hounsfield, probability), extent=extent)
        _number_findings(axes, overlay.grid, findings, height_mm)
    figure.text(0.01, 0.99, caption, color="white", fontsize=8, verticalalignment="top")
    with atomic_file(path) as temporary:
        figure.savefig(temporary, dpi=style.dots_per_inch, facecolor="black")


def _number_findings(axes: Any, grid: ProbabilityGrid, findings: Sequence[Finding], height_mm: float) -> None:
    """Write each finding's number at its position; the padding of the map is not in the picture."""
    before = [padding for padding, _ in grid.padding]
    for number, finding in enumerate(findings, start=1):
        z, y, _ = (world_to_index(grid.affine, finding.centre)[0] - before + 0.5) * grid.spacing
        axes.text(y, height_mm - z, str(number), color="white", fontsize=7, ha="center", va="center")

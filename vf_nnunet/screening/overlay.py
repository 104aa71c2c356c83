"""Draw a predicted CT: sagittal slices along the spine, with the fracture probability and the vertebrae's names."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from dataset_conversion.spine.curved_plane import sample
from dataset_conversion.spine.files import atomic_file
from dataset_conversion.spine.geometry import FloatArray, Geometry, world_to_index
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import dequantise
from evaluation.patient.rule import Finding
from evaluation.report.overlay import blend
from vf_nnunet.screening.spine_course import course_through, spine_course
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.vertebrae.report import ReportedVertebra

VOXELS = np.eye(4)
"""The affine of points in voxel coordinates."""
BEHIND_TEXT = MappingProxyType({"facecolor": "black", "edgecolor": "none", "alpha": 0.7, "pad": 1.0})
"""The box behind a text, so that it can be read on bright bone too."""


@dataclass(frozen=True)
class OverlayStyle:
    """Layout of the picture; its colours are those of the report (`evaluation.report.overlay`).

    Attributes:
        offsets: Distance of each slice from the middle of the spine in mm, positive to the patient's left.
        height: Height in inches.
        widest: Largest width in inches; a CT of few slices, which would need more, gets a black margin.
        dots_per_inch: Resolution.
        margin: Distance in mm of the names of vertebrae from the back of the picture.
        letters_per_inch: Letters of the caption in an inch of the picture, so that its lines end within it.
        line: Distance in mm from the centre of a body to the beginning of the line that leads to its name.
        positive: Colour of the name of a vertebra at or above the operating point.
        negative: Colour of one below it.
        not_evaluable: Colour of one that is not evaluable.
    """

    offsets: tuple[float, ...] = (-8.0, 0.0, 8.0)
    height: float = 7.0
    widest: float = 40.0
    dots_per_inch: int = 130
    margin: float = 2.0
    letters_per_inch: float = 14.0
    line: float = 14.0
    positive: str = "#ffb000"
    negative: str = "white"
    not_evaluable: str = "#9a9a9a"


@dataclass(frozen=True)
class Overlay:
    """The slices to draw; the first row is the top, the first column the front.

    Attributes:
        hounsfield: Hounsfield units (rows, columns) of each slice.
        probability: Probability of fracture (rows, columns) of each slice.
        grid: The grid of the maps.
    """

    hounsfield: tuple[FloatArray, ...]
    probability: tuple[FloatArray, ...]
    grid: Geometry


def cut_overlay(
    image: HounsfieldImage,
    maps: Mapping[str, ProbabilityMap],
    centres: Sequence[Sequence[float]] = (),
    style: OverlayStyle = OverlayStyle(),
) -> Overlay:
    """Cut the slices, curved sideways along the spine.

    Args:
        image: The CT, on any grid with canonical axes.
        maps: The maps by name, on one grid with canonical axes.
        centres: The vertebrae that were located or given, LPS mm, which the slices follow. Without any, they follow
            all that the maps show.
        style: The positions of the slices.
    """
    fracture = maps[FRACTURE_NAME]
    spacing = fracture.spacing
    heights, depth, width = fracture.shape
    if len(centres):
        course = course_through(fracture.world_to_index(centres), heights, spacing)
    else:
        course = spine_course([fracture.quantised, maps[NORMAL_NAME].quantised], spacing)
    # Voxel coordinates (x, y, z), from the top down; LPS y increases to the back, so columns begin at the front.
    points = np.empty((heights, depth, 3))
    points[..., 1] = np.arange(depth)
    points[..., 2] = np.arange(heights)[::-1, np.newaxis]
    hounsfield, probability = [], []
    for offset in style.offsets:
        points[..., 0] = np.clip(course + offset / spacing[2], 0, width - 1)[::-1, np.newaxis]
        places = fracture.index_to_world(points[..., ::-1].reshape(-1, 3))
        hounsfield.append(image.at(places).reshape(points.shape[:2]))
        probability.append(dequantise(sample(fracture.quantised, VOXELS, points, outside=0.0)))
    return Overlay(tuple(hounsfield), tuple(probability), fracture)


def draw_overlay(
    path: Path,
    overlay: Overlay,
    findings: Sequence[Finding],
    caption: str,
    vertebrae: Sequence[ReportedVertebra] = (),
    caution: str = "",
    style: OverlayStyle = OverlayStyle(),
) -> None:
    """Write the slices side by side as PNG.

    Args:
        path: The file.
        overlay: The slices.
        findings: They are numbered from 1, in the order of `<case>.json`.
        caption: Text at the top.
        vertebrae: They are named at the back of the last slice, each with its probability or score.
        caution: Sentence about the model, below the caption, in lines as long as the picture is wide; empty for none.
        style: Layout and colours.
    """
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
    _name_vertebrae(axes, overlay, vertebrae, height_mm, style)
    lines = [caption, *textwrap.wrap(caution, max(1, int(width * style.letters_per_inch)))]
    figure.text(0.01, 0.99, "\n".join(lines), color="white", fontsize=8, verticalalignment="top", bbox=BEHIND_TEXT)
    with atomic_file(path) as temporary:
        figure.savefig(temporary, dpi=style.dots_per_inch, facecolor="black")


def _number_findings(axes: Any, grid: Geometry, findings: Sequence[Finding], height_mm: float) -> None:
    """Write each finding's number at its position."""
    for number, finding in enumerate(findings, start=1):
        y, z = _place(grid, finding.centre, height_mm)
        axes.text(y, z, str(number), color="white", fontsize=7, ha="center", va="center", clip_on=True)


def _name_vertebrae(
    axes: Any, overlay: Overlay, vertebrae: Sequence[ReportedVertebra], height_mm: float, style: OverlayStyle
) -> None:
    """Write the names at the back, each with its probability or score; an unnamed vertebra has its position."""
    back = overlay.hounsfield[0].shape[1] * overlay.grid.spacing[1] - style.margin
    for vertebra in vertebrae:
        y, z = _place(overlay.grid, vertebra.centre, height_mm)
        known = vertebra.score if vertebra.fracture_probability is None else vertebra.fracture_probability
        text = f"{vertebra.name} -" if known is None else f"{vertebra.name} {known:.2f}"
        colour = {True: style.positive, False: style.negative, None: style.not_evaluable}[vertebra.positive]
        axes.plot((y + style.line, back), (z, z), color=colour, linewidth=0.4, alpha=0.6)
        axes.text(back, z, text, color=colour, fontsize=8, ha="right", va="center", clip_on=True, bbox=BEHIND_TEXT)


def _place(grid: Geometry, centre: Sequence[float], height_mm: float) -> tuple[float, float]:
    """Position in a slice, from its front and top in mm."""
    z, y, _ = (world_to_index(grid.affine, centre)[0] + 0.5) * grid.spacing
    return float(y), float(height_mm - z)

"""Draw the hard labels of one case as surfaces, one panel per model (the paper's Figure 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dataset_conversion.spine.files import atomic_file


@dataclass(frozen=True)
class SurfaceStyle:
    """Look of the picture.

    Attributes:
        normal: Colour of the normal class, as in the paper.
        fracture: Colour of the fracture class, as in the paper.
        most_voxels: Longest side of the grid on which the surfaces are computed; larger volumes are subsampled.
        elevation: Elevation of the camera in degrees.
        azimuth: Azimuth of the camera in degrees: from the patient's left, slightly from the front.
        zoom: Size of the volume in its panel.
        panel: Width and height of a panel in inches.
        dots_per_inch: Resolution.
    """

    normal: str = "#2e9e4f"
    fracture: str = "#d62728"
    most_voxels: int = 128
    elevation: float = 8.0
    azimuth: float = -25.0
    zoom: float = 1.1
    panel: tuple[float, float] = (3.0, 3.6)
    dots_per_inch: int = 130


@dataclass(frozen=True)
class LabelVolume:
    """Labels of one case.

    Attributes:
        labels: Labels (z, y, x) on canonical LPS axes.
        spacing: Spacing (z, y, x) in mm.
    """

    labels: npt.NDArray[np.uint8]
    spacing: tuple[float, float, float]


def draw_surfaces(
    volumes: Mapping[str, LabelVolume],
    path: Path,
    normal: int,
    fracture: int,
    title: str = "",
    style: SurfaceStyle = SurfaceStyle(),
) -> None:
    """Write a picture with one panel per volume, all of the same extent.

    Args:
        volumes: Volumes by the title of the panel.
        path: PNG file to write.
        normal: Label of the normal class, drawn green.
        fracture: Label of the fracture class, drawn red.
        title: Title of the picture.
        style: Look of the picture.
    """
    from matplotlib.figure import Figure

    width, height = style.panel
    figure = Figure(figsize=(width * len(volumes), height), dpi=style.dots_per_inch, layout="constrained")
    figure.suptitle(title)
    for place, (name, volume) in enumerate(volumes.items(), start=1):
        axes = figure.add_subplot(1, len(volumes), place, projection="3d")
        axes.set_title(name, fontsize=10)
        for label, colour in ((normal, style.normal), (fracture, style.fracture)):
            _add_surface(axes, volume, label, colour, style)
        _frame(axes, volume, style)
    with atomic_file(path) as temporary:
        figure.savefig(temporary)


def surface(volume: LabelVolume, label: int, most_voxels: int) -> npt.NDArray[np.float64]:
    """Triangles (n, 3, 3) around a label, with corners (x, y, z) in mm from the first voxel; n is 0 if it is absent."""
    from skimage.measure import marching_cubes

    thinning = ceil(max(volume.labels.shape) / most_voxels)
    mask = np.pad(volume.labels[::thinning, ::thinning, ::thinning] == label, 1)
    if not mask.any():
        return np.empty((0, 3, 3))
    steps = tuple(thinning * step for step in volume.spacing)
    vertices, faces, _, _ = marching_cubes(mask.astype(np.float32), level=0.5, spacing=steps)
    triangles: npt.NDArray[np.float64] = (vertices - np.array(steps))[faces][:, :, ::-1].astype(np.float64)
    return triangles


def _add_surface(axes: Any, volume: LabelVolume, label: int, colour: str, style: SurfaceStyle) -> None:
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    triangles = surface(volume, label, style.most_voxels)
    if len(triangles):
        axes.add_collection3d(Poly3DCollection(triangles, facecolors=colour, linewidths=0, shade=True))


def _frame(axes: Any, volume: LabelVolume, style: SurfaceStyle) -> None:
    extents: Sequence[float] = [size * step for size, step in zip(volume.labels.shape, volume.spacing, strict=True)]
    z, y, x = extents
    axes.set(xlim=(0, x), ylim=(0, y), zlim=(0, z))
    axes.set_box_aspect((x, y, z), zoom=style.zoom)
    axes.view_init(elev=style.elevation, azim=style.azimuth)
    axes.set_axis_off()

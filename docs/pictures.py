"""Draw the pictures of this folder: sagittal slices along the spine, overlaid with the fracture probability.

python docs/pictures.py OUTPUT.png VERTEBRAE.csv CT.nii.gz MAP_fracture.nii.gz [CT MAP ...]

The vertebra table gives the position of each spine; vertebrae with a fracture are named in the picture. CTs are named
<case>.nii.gz.
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

from dataset_conversion.spine.vertebra_table import read_vertebra_table
from evaluation.maps.nifti import open_nifti
from evaluation.maps.probability_map import read_probability_map
from evaluation.report.overlay import STYLE, blend
from evaluation.report.sagittal import SagittalView, sagittal_view


def draw(axis: Any, view: SagittalView) -> None:
    """Draw one view."""
    axis.imshow(blend(view.hounsfield, view.probability))
    for vertebra, (row, column) in zip(view.vertebrae, view.marks, strict=True):
        if vertebra.grade:
            axis.text(
                column - 24, row, f"{vertebra.vertebra}: {vertebra.grade}", color="white", ha="right", va="center"
            )
    axis.set_axis_off()


def main(arguments: list[str]) -> None:
    """Draw the pairs of CT and map side by side."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    output, table, *files = arguments
    vertebrae = read_vertebra_table(Path(table))
    pairs = list(zip(files[::2], files[1::2], strict=True))
    figure, axes = plt.subplots(1, len(pairs), figsize=(3.0 * len(pairs), 4.6), squeeze=False, facecolor="black")
    for axis, (ct, probability) in zip(axes[0], pairs, strict=True):
        case = [row for row in vertebrae if row.case_id == Path(ct).name.removesuffix(".nii.gz")]
        draw(axis, sagittal_view(open_nifti(Path(ct)), read_probability_map(Path(probability)), case))
    scale = ScalarMappable(Normalize(0, 1), STYLE.colours)
    bar = figure.colorbar(scale, ax=axes[0].tolist(), fraction=0.03, pad=0.01)
    bar.set_label("probability of fracture", color="white")
    bar.ax.tick_params(colors="white")
    figure.savefig(output, dpi=110, bbox_inches="tight", facecolor="black")


if __name__ == "__main__":
    main(sys.argv[1:])

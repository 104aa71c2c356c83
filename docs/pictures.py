"""The pictures of this folder: a sagittal slice of a CT with the fracture probability over it.

python docs/pictures.py OUTPUT.png CT.nii.gz MAP_fracture.nii.gz [CT MAP ...]
"""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.volume import Volume, read_volume, to_canonical
from evaluation.probability_map import ProbabilityMap, read_probability_map

WINDOW_HU = (-150, 500)
LEAST_SHOWN = 0.05


def slice_through(ct: Volume, probability: ProbabilityMap) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The sagittal slice (z, y) of the CT with the most probability, and the map sampled on its voxels."""
    columns = probability.probability.clip(min=LEAST_SHOWN).sum(axis=(0, 1))
    z, y, _ = np.array(probability.probability.shape) / 2
    world = probability.index_to_world([[z, y, float(columns.argmax())]])
    left_right = int(np.clip(np.rint(ct.world_to_index(world)[0][2]), 0, ct.array.shape[2] - 1))
    rows, lines = np.indices(ct.array.shape[:2])
    index = np.stack([rows.ravel(), lines.ravel(), np.full(rows.size, left_right)], axis=1)
    places = probability.world_to_index(ct.index_to_world(index)).T
    sampled = ndimage.map_coordinates(probability.probability, places, order=1).reshape(rows.shape)
    return ct.array[:, :, left_right].astype(float), sampled


def main(arguments: list[str]) -> None:
    """Draw the pairs of CT and map side by side."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    output, *files = arguments
    pairs = list(zip(files[::2], files[1::2], strict=True))
    figure, axes = plt.subplots(1, len(pairs), figsize=(3.2 * len(pairs), 4.6), squeeze=False, facecolor="black")
    for axis, (ct_path, map_path) in zip(axes[0], pairs, strict=True):
        ct = to_canonical(read_volume(Path(ct_path)))
        image, probability = slice_through(ct, read_probability_map(Path(map_path)))
        aspect = ct.spacing[0] / ct.spacing[1]
        axis.imshow(image, cmap="gray", vmin=WINDOW_HU[0], vmax=WINDOW_HU[1], origin="lower", aspect=aspect)
        shown = np.ma.masked_less(probability, LEAST_SHOWN)
        drawn = axis.imshow(shown, cmap="coolwarm", vmin=0, vmax=1, alpha=0.6, origin="lower", aspect=aspect)
        axis.set_axis_off()
    bar = figure.colorbar(drawn, ax=axes[0].tolist(), fraction=0.03, pad=0.01)
    bar.set_label("probability of fracture", color="white")
    bar.ax.tick_params(colors="white")
    figure.savefig(output, dpi=110, bbox_inches="tight", facecolor="black")


if __name__ == "__main__":
    main(sys.argv[1:])

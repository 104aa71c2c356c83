"""A case's probability maps as files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation.probability_map import write_probability_map
from vf_nnunet.names import FRACTURE_LABEL, NORMAL_LABEL
from vf_nnunet.probability_grid import ProbabilityGrid


def write_probability_maps(
    folder: Path,
    case: str,
    probabilities: npt.NDArray[np.float32],
    labels: Mapping[str, int],
    grid: ProbabilityGrid,
) -> None:
    """Write `<case>_fracture.nii.gz` and `<case>_normal.nii.gz` on the 1 mm grid.

    Args:
        folder: Where to.
        case: Case id.
        probabilities: (classes, z, y, x), of the preprocessed image.
        labels: Number of each class by name.
        grid: Of the preprocessed image.
    """
    for name in (FRACTURE_LABEL, NORMAL_LABEL):
        probability = grid.pad(probabilities[labels[name]])
        write_probability_map(folder / f"{case}_{name}.nii.gz", probability, grid.affine)

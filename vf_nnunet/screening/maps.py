"""A case's probability maps as files."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evaluation.probability_map import write_probability_map
from vf_nnunet.names import FRACTURE_LABEL, NORMAL_LABEL
from vf_nnunet.probability_grid import ProbabilityGrid

ClassMaps = Mapping[str, npt.NDArray[np.float32]]
"""Probability (z, y, x) of each class that is kept, on the network's grid, by the class's name."""
KEPT = (FRACTURE_LABEL, NORMAL_LABEL)


def write_probability_maps(folder: Path, case: str, maps: ClassMaps, grid: ProbabilityGrid) -> None:
    """Write `<case>_fracture.nii.gz` and `<case>_normal.nii.gz` on the 1 mm grid.

    Args:
        folder: Where to.
        case: Case id.
        maps: Of the preprocessed image.
        grid: Of the preprocessed image.
    """
    for name in KEPT:
        write_probability_map(folder / f"{case}_{name}.nii.gz", grid.pad(maps[name]), grid.affine)

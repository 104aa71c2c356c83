"""Check the values of a raw dataset that was not made with `convert`."""

from pathlib import Path
from typing import Any

import numpy.typing as npt

from dataset_conversion.spine.bone.hounsfield import check_hounsfield, stored_value_problems
from vf_nnunet.nnunet.normalisation import IntensityScale

CONVERSION_REPORT = "conversion_report.json"
"""A file that `convert` writes into a dataset whose values it has checked."""


def value_warnings(path: Path, ct: npt.NDArray[Any], scale: IntensityScale | None) -> list[str]:
    """What is wrong with the values of a CT, one sentence each.

    nnU-Net trains with the values as they are. `vf_nnunet predict` refuses CTs that are not in Hounsfield units, and
    sets values below air to air. A normalisation that raises them to air has the same effect.

    Args:
        path: Its file, for the sentences.
        ct: Finite voxels (z, y, x).
        scale: Its normalisation; None for a z-score over the image.
    """
    if scale is not None and scale.raises_to_air:
        problems = check_hounsfield(ct)
    else:
        not_here = "in vf_nnunet predict, but not in this dataset; expected the same: use convert"
        problems = stored_value_problems(ct, not_here)
    return [f"{path}: {problem}" for problem in problems]

"""Check the values of a raw dataset that was not made with `convert`."""

from pathlib import Path

from dataset_conversion.spine.bone.hounsfield import check_hounsfield, set_air
from dataset_conversion.spine.errors import InputError
from evaluation.maps.nifti import open_nifti

CONVERSION_REPORT = "conversion_report.json"
"""A file that `convert` writes into a dataset whose values it has checked."""
CT_IMAGES = "*_0000.nii.gz"
"""The first channel, which is the CT."""


def value_warnings(raw: Path) -> tuple[str, ...]:
    """What is wrong with the values of the CTs, one sentence each; nothing is read of a converted dataset.

    nnU-Net trains with the values as they are. `vf_nnunet predict` refuses CTs that are not in Hounsfield units, and
    sets values below air to air.

    Args:
        raw: `nnUNet_raw/<dataset>`.
    """
    if (raw / CONVERSION_REPORT).is_file():
        return ()
    images = sorted((raw / "imagesTr").glob(CT_IMAGES))
    return tuple(f"{path}: {warning}" for path in images for warning in _warnings(path))


def _warnings(path: Path) -> list[str]:
    try:
        array = open_nifti(path).read()
    except InputError as error:
        return list(error.problems)
    problems = check_hounsfield(array)
    _, changed = set_air(array)
    if changed:
        problems.append(f"{changed} in vf_nnunet predict, but not in this dataset; expected the same: use convert")
    return problems

"""CTs in Hounsfield units: the one way from a file to checked voxels, for conversion, prediction and benchmark."""

from dataclasses import replace

from dataset_conversion.images.continuity import slice_warnings
from dataset_conversion.images.header_checks import check_field_of_view
from dataset_conversion.images.masks import check_no_mask
from dataset_conversion.images.volume import Volume, read_volume, to_canonical
from dataset_conversion.spine.bone.hounsfield import HounsfieldRange, check_hounsfield, set_air
from dataset_conversion.spine.bone.tissue_peaks import scale_warnings
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource


def read_ct(path: ImageSource, limits: HounsfieldRange | None = None) -> Volume:
    """Read a CT on canonical LPS axes, check that it is in Hounsfield units, and set what is below air to air.

    Args:
        path: An image file, a DICOM series, or the folder with the slices of one.
        limits: What a CT can hold.

    Returns:
        The CT. Its warnings say what was changed in it, and what a person should know about the file.

    Raises:
        InputError: As for `read_volume`; also if a vertebra does not fit into the image, or it is not in HU.
        MaskError: If it is a mask or a map.
    """
    volume = read_volume(path)
    extremes = float(volume.array.min()), float(volume.array.max())
    check_no_mask(path, volume.array, extremes)
    check_field_of_view(path, volume.array.shape, volume.affine)
    problems = check_hounsfield(volume.array, limits, extremes)
    if problems:
        raise InputError([f"{path}: {problem}" for problem in problems])
    array, changed = set_air(volume.array, in_place=True)
    warnings = (*volume.warnings, f"{path}: {changed}") if changed else volume.warnings
    canonical = to_canonical(replace(volume, array=array))
    doubtful = [*scale_warnings(array), *slice_warnings(canonical.array, canonical.spacing)]
    return replace(canonical, warnings=(*warnings, *(f"{path}: {warning}" for warning in doubtful)))

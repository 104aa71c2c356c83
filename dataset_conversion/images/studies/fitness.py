"""Series that are no CT volume at all, whatever else a study holds."""

import re

from dataset_conversion.images.dicom.stack import MODALITIES, is_placed
from dataset_conversion.images.studies.found_series import FoundSeries

SECONDARY_CAPTURES = "1.2.840.10008.5.1.4.1.1.7"
"""Beginning of the SOP classes of secondary captures. Converters use them for volumes as well."""

COMPUTED = frozenset(
    {"MIP", "MINIP", "MAX_IP", "MIN_IP", "MAXIMUM IP", "MINIMUM IP", "MAXIMUM", "MINIMUM", "PROJECTION IMAGE"}
    | {"PROJECTION", "VOLUME_RENDER", "VOLUME RENDERED", "SURFACE", "VRT", "3D", "PERFUSION", "RCBF", "RCBV", "RMTT"}
    | {"SUBTRACTION", "MATERIAL", "EFF_ATOMIC_NUM", "ELECTRON_DENSITY", "EXT_REMOVED_MAT"}
)
"""Parts of ImageType of images whose voxels are not the Hounsfield units of their places."""

_PROJECTION = re.compile(r"\b(MIP|MINIP|VRT|3D VR)\b", re.IGNORECASE)


def unfit_reason(series: FoundSeries) -> str | None:
    """Why a series is no CT volume, in words that follow "passed over"; None if it can be one."""
    return _other_image(series) or _computed(series) or ("1 slice, no volume" if len(series.slices) == 1 else None)


def _other_image(series: FoundSeries) -> str | None:
    """What a series is whose images are of another kind, or have no place."""
    first, slices = series.first, series.slices
    if all(found.localiser for found in slices):
        return "a localiser"
    if all(found.modality not in MODALITIES for found in slices):
        return f"modality {first.modality}"
    is_coloured, is_somewhere = all(found.samples != 1 for found in slices), any(map(is_placed, slices))
    if is_somewhere and not is_coloured:
        return None
    if first.details.sop_class.startswith(SECONDARY_CAPTURES):
        return "a secondary capture"
    lacking = "images without PixelSpacing, ImageOrientationPatient or ImagePositionPatient"
    return "a picture in colours" if is_coloured else lacking


def _computed(series: FoundSeries) -> str | None:
    computed = sorted(COMPUTED.intersection(series.first.details.image_type[2:]))
    if computed or _PROJECTION.search(series.first.description):
        return f"computed from other images ({', '.join(computed) or 'by its description'})"
    return None

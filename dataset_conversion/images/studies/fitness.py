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
    slices, first = series.slices, series.first
    is_captured = all(found.details.sop_class.startswith(SECONDARY_CAPTURES) for found in slices)
    if all(found.localiser for found in slices):
        return "a localiser"
    if all(found.modality not in MODALITIES for found in slices):
        return f"modality {first.modality}"
    if all(found.samples != 1 for found in slices) or not any(map(is_placed, slices)):
        return "a secondary capture" if is_captured else _picture(series)
    computed = COMPUTED.intersection(first.details.image_type[2:])
    if computed or _PROJECTION.search(first.description):
        return f"computed from other images ({', '.join(sorted(computed)) or 'by its description'})"
    return "1 slice, no volume" if len(slices) == 1 else None


def _picture(series: FoundSeries) -> str:
    if series.first.samples != 1:
        return "a picture in colours"
    return "images without PixelSpacing, ImageOrientationPatient or ImagePositionPatient"

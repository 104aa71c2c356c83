"""Contradictions between the slices of a DICOM series, and between the elements that say the same thing twice."""

from collections.abc import Callable, Sequence

import numpy as np

from dataset_conversion.images.dicom.gaps import LARGEST_GAP
from dataset_conversion.images.dicom.slices import Slice
from dataset_conversion.images.dicom.stack import Stack
from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.image_source import ImageSource

HOUNSFIELD_TYPES = frozenset({"", "HU"})
"""Values of RescaleType for Hounsfield units. Many converters leave it out."""

OTHER_TYPES = frozenset({"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT", "HGL"})
"""Values of RescaleType that the standard defines for other quantities."""

STEP_DEVIATION = 0.1
"""Largest relative difference of a distance between slices from what another element says."""

DIAMETER_DEVIATION = 0.05
"""Largest relative difference of the width of a slice from ReconstructionDiameter."""

AXIAL_COSINE = 0.9
"""Least cosine between the normal of a slice and the body's axis for PatientPosition to be compared."""

TILT_DEVIATION = 1.0
"""Largest difference of the tilt of the slices from GantryDetectorTilt in degrees."""


def check_consistency(source: ImageSource, stack: Stack, affine: FloatArray) -> tuple[str, ...]:
    """Compare the slices of one volume with each other, and its affine with the other elements of its files.

    Args:
        source: The series, for the messages.
        stack: Its slices.
        affine: Voxel index (x, y, z) to LPS mm, 4x4, at right angles.

    Returns:
        What a person should know about the series, one sentence each.

    Raises:
        InputError: If the slices are of several patients, or not in Hounsfield units by their elements.
    """
    ordered = stack.slices
    problems = [f"{source}: {problem}" for problem in (*_several_patients(ordered), *_other_units(ordered))]
    if problems:
        raise InputError(problems)
    warnings = [*_mixed(ordered), *_numbering(ordered), *_rescaling(ordered)]
    if stack.resampling is None:
        warnings += _slice_distance(ordered, affine)
    else:
        warnings.append(stack.resampling.sentence)
    warnings += [
        *_tilt(ordered[0], 0.0 if stack.resampling is None else stack.resampling.tilt),
        *_width(ordered, affine),
        *_position(ordered, affine),
    ]
    return tuple(f"{source}: {warning}" for warning in warnings)


def _several_patients(ordered: Sequence[Slice]) -> list[str]:
    patients = {found.patient for found in ordered}
    if len(patients) < 2:
        return []
    return [f"slices of {len(patients)} patients by PatientID; expected one: remove the slices of others"]


def _other_units(ordered: Sequence[Slice]) -> list[str]:
    problems = []
    others = sorted({found.details.rescale_type for found in ordered} & OTHER_TYPES)
    if others:
        problems.append(f"RescaleType {', '.join(others)}; expected HU: export the images in Hounsfield units")
    if any(found.rescale[0] == 0 or not np.isfinite(found.rescale).all() for found in ordered):
        problems.append("RescaleSlope 0 or not finite; expected a slope to Hounsfield units")
    lacking = [found.name for found in ordered if found.details.lacks_rescale]
    if lacking and len(lacking) < len(ordered):
        names = shortened_list(sorted(lacking))
        problems.append(f"no RescaleSlope or RescaleIntercept in {names}; expected it in all slices, as in the others")
    return problems


def _mixed(ordered: Sequence[Slice]) -> list[str]:
    """Elements that have one value in a series."""
    elements: dict[str, Callable[[Slice], object]] = {
        "StudyInstanceUID": lambda found: found.details.study,
        "FrameOfReferenceUID": lambda found: found.details.frame,
        "ConvolutionKernel": lambda found: found.details.kernel,
        "SliceThickness": lambda found: found.details.thickness,
        "RescaleSlope and RescaleIntercept": lambda found: found.rescale,
    }
    counts = {name: len({value(found) for found in ordered}) for name, value in elements.items()}
    return [
        f"{count} values of {name} in one series; expected one: check that all slices are of one reconstruction"
        for name, count in counts.items()
        if count > 1
    ]


def _numbering(ordered: Sequence[Slice]) -> list[str]:
    """Missing slices at the ends, and steps over slices, which leave the stack even."""
    numbers = [found.details.number for found in ordered if found.details.number is not None]
    if len(numbers) < len(ordered) or len(set(numbers)) < len(numbers):
        return []
    first, last = min(numbers), max(numbers)
    if first <= 1 and last - first + 1 <= len(numbers):
        return []
    return [f"{len(numbers)} slices with InstanceNumber {first} to {last}; expected 1 to {last}: slices may be missing"]


def _rescaling(ordered: Sequence[Slice]) -> list[str]:
    names = sorted({found.details.rescale_type for found in ordered} - HOUNSFIELD_TYPES)
    return [f"RescaleType {', '.join(names)}; expected HU: read as HU"] if names else []


def _slice_distance(ordered: Sequence[Slice], affine: FloatArray) -> list[str]:
    """Compare the distance of the slices with SpacingBetweenSlices, SliceLocation and SliceThickness."""
    step = float(np.linalg.norm(affine[:3, 2]))
    warnings = []
    stated = {abs(found.details.distance) for found in ordered if found.details.distance}
    if stated and max(abs(distance - step) for distance in stated) > STEP_DEVIATION * step:
        warnings.append(
            f"slices {step:.4g} mm apart by ImagePositionPatient, {min(stated):.4g} mm by SpacingBetweenSlices; "
            "expected the same; the positions are used"
        )
    warnings += _location(ordered, affine, step)
    thickness = max((found.details.thickness or 0.0 for found in ordered), default=0.0)
    if thickness > 0 and step > LARGEST_GAP * thickness:
        warnings.append(
            f"slices {step:.4g} mm apart but {thickness:.4g} mm thick; expected no gaps: slices may be missing"
        )
    return warnings


def _location(ordered: Sequence[Slice], affine: FloatArray, step: float) -> list[str]:
    locations = [found.details.location for found in ordered if found.details.location is not None]
    if len(locations) < len(ordered):
        return []
    steps = np.diff(locations)
    if np.abs(np.abs(steps) - step).max() > max(STEP_DEVIATION * step, 0.1):
        return [
            f"SliceLocation in steps of {np.abs(steps).min():.4g} to {np.abs(steps).max():.4g} mm, "
            f"ImagePositionPatient of {step:.4g} mm; expected the same; the positions are used"
        ]
    along_axis = affine[int(np.argmax(np.abs(affine[:3, 2]))), 2]
    # `ordered` ascends along the normal. Scanners count along the normal or along the axis of the patient.
    if steps[0] < 0 and along_axis > 0:
        return [
            "SliceLocation and ImagePositionPatient run in opposite directions; expected the same: check that head "
            "and feet are right"
        ]
    return []


def _width(ordered: Sequence[Slice], affine: FloatArray) -> list[str]:
    """Compare the spacing within the slices with the diameter of the reconstruction."""
    x, y = (float(np.linalg.norm(affine[:3, axis])) for axis in (0, 1))
    if abs(x - y) > 0.01 * x:
        return [f"PixelSpacing {y:.4g} x {x:.4g} mm; expected square pixels, as scanners make them"]
    diameter = ordered[0].details.diameter
    width = x * ordered[0].size[0]
    if not diameter or abs(width - diameter) <= DIAMETER_DEVIATION * diameter:
        return []
    return [
        f"slices {width:.4g} mm wide by PixelSpacing, ReconstructionDiameter {diameter:.4g} mm; expected the same; "
        "PixelSpacing is used: check it"
    ]


def _position(ordered: Sequence[Slice], affine: FloatArray) -> list[str]:
    """Compare the orientation with PatientPosition.

    A scanner shows an axial slice with the top of the gantry up: the front of a supine patient, the back of a prone
    one.
    """
    details = ordered[0].details
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    down = {"S": 1.0, "P": -1.0}.get(details.patient_position[2:])
    if down is None or abs(directions[2, 2]) < AXIAL_COSINE:
        return []
    is_mirrored = details.patient_position == "HFS" and directions[0, 0] < 0
    if directions[1, 1] * down < AXIAL_COSINE / 2 or is_mirrored:
        orientation = ", ".join(f"{value:.3g}" for value in directions[:, :2].T.ravel())
        return [
            f"ImageOrientationPatient {orientation} contradicts PatientPosition {details.patient_position}; the "
            "orientation is used: check that front, back and sides are right"
        ]
    return []


def _tilt(first: Slice, found: float) -> list[str]:
    """Compare the angle between the stack and the normal of its slices, in degrees, with GantryDetectorTilt."""
    stated = first.details.tilt
    if stated is None or abs(abs(stated) - found) <= TILT_DEVIATION:
        return []
    if found < TILT_DEVIATION:
        return [
            f"GantryDetectorTilt {stated:g} degrees, but slices at right angles to their stack; expected a tilt "
            "of the positions, unless it was corrected"
        ]
    return [
        f"GantryDetectorTilt {stated:g} degrees, but slices tilted by {found:.1f} by ImagePositionPatient; "
        "expected the same; the positions are used"
    ]

"""Scanners: the voxel grid, the blur and the noise that each gives its scans."""

from dataclasses import dataclass

from dataset_conversion.phantom.settings.distributions import Range


@dataclass(frozen=True)
class Scanner:
    """A scanner's protocol: lengths in mm, noise in HU.

    Attributes:
        diameter: the widths that a reconstructed field can have.
        in_plane_spacing, slice_spacing: distances of voxels.
        in_plane_blur, slice_blur: sd of the kernel that blurs both the patient and the noise.
        noise_sd: in the stored image.
    """

    name: str
    diameter: Range
    in_plane_spacing: Range
    slice_spacing: Range
    in_plane_blur: Range
    slice_blur: Range
    noise_sd: Range


SHARP = Scanner(
    name="thin slices, sharp kernel",
    diameter=(320.0, 400.0),
    in_plane_spacing=(0.74, 0.80),
    slice_spacing=(1.0, 1.0),
    in_plane_blur=(0.45, 0.55),
    slice_blur=(0.45, 0.55),
    noise_sd=(22.0, 32.0),
)
STANDARD = Scanner(
    name="standard",
    diameter=(340.0, 420.0),
    in_plane_spacing=(0.78, 0.87),
    slice_spacing=(1.25, 1.25),
    in_plane_blur=(0.55, 0.70),
    slice_blur=(0.55, 0.65),
    noise_sd=(14.0, 22.0),
)
SMOOTH = Scanner(
    name="thick slices, smooth kernel",
    diameter=(340.0, 440.0),
    in_plane_spacing=(0.84, 0.92),
    slice_spacing=(1.5, 1.5),
    in_plane_blur=(0.70, 0.90),
    slice_blur=(0.65, 0.80),
    noise_sd=(8.0, 14.0),
)
ANY = Scanner(
    name="any",
    diameter=(340.0, 420.0),
    in_plane_spacing=(0.8, 1.0),
    slice_spacing=(1.0, 1.5),
    in_plane_blur=(0.45, 0.80),
    slice_blur=(0.45, 0.75),
    noise_sd=(10.0, 30.0),
)
"""One protocol as wide as all, for small fields."""

"""Settings of the scan: the field of view and the scanners. Lengths are in mm."""

from dataset_conversion.phantom.settings.distributions import NonNegativeRange, PositiveRange, Range, ShareRange
from dataset_conversion.phantom.settings.quantities import NonNegative, Positive, PositiveShare, Share
from dataset_conversion.spine.settings import settings


@settings
class FieldSettings:
    """The field of view. Its upper and lower borders lie between centroids, so that vertebrae are cut."""

    crop: tuple[Positive, Positive] | None = None  # size (y, x) around the spine; None: the scanner's whole field
    border_share: ShareRange = (0.3, 0.9)  # from the last centroid inside to the next one outside
    below_sacrum: Positive = 26.0  # distance of S2's centroid to the assumed next one below it
    hips_chance: Share = 0.0  # that a field that shows S2 reaches further down
    hips: NonNegativeRange = (0.0, 0.0)  # how much further
    crop_position: ShareRange = (0.36, 0.42)  # mean y of the bodies, as a share of the crop
    crop_offset: Range = (-4.0, 4.0)  # mean x of the bodies, from the middle of the crop
    margin: Range = (-10.0, 30.0)  # width of a whole field beyond that of the patient
    behind_back: Range = (35.0, 60.0)  # reach of a whole field behind the patient's back
    origin: Range = (-200.0, 200.0)  # each world coordinate of the first voxel


@settings
class Scanner:
    """A scanning protocol.

    Attributes:
        name: What the protocol is called.
        diameter: Width of the reconstructed field.
        in_plane_spacing: Voxel spacing inside a slice.
        slice_spacing: Distance between slices.
        in_plane_blur: Standard deviation inside a slice of the kernel that blurs both patient and noise.
        slice_blur: The same across slices.
        noise_sd: Standard deviation of the noise in the stored image (HU).
        overshoot: How strongly a sharp kernel exaggerates edges: the share of the difference between the image and the
            image blurred by `overshoot_width` that is added to it. 0 is a Gaussian kernel.
        overshoot_width: Standard deviation of that blur inside a slice.
        rendered_slice: Slices thicker than this are means of thinner ones. None: each slice is one plane.
        noise_variation: Standard deviation of the logarithm of the noise from slice to slice, as shoulders and pelvis
            let less radiation through than the chest.
        noise_in_air: Noise in air and lungs relative to that in tissue.
        streaks: Standard deviation of horizontal streaks in the slices that have most of them (HU).
        padding: Values outside the scanner's circle, of which one is drawn. Empty: the circle is not seen.
        padding_chance: Chance that the field is padded outside the circle.
    """

    name: str
    diameter: PositiveRange
    in_plane_spacing: PositiveRange
    slice_spacing: PositiveRange
    in_plane_blur: PositiveRange
    slice_blur: PositiveRange
    noise_sd: NonNegativeRange
    overshoot: NonNegativeRange = (0.0, 0.0)
    overshoot_width: Positive = 1.2
    rendered_slice: Positive | None = None
    noise_variation: NonNegative = 0.0
    noise_in_air: PositiveShare = 1.0
    streaks: NonNegativeRange = (0.0, 0.0)
    padding: tuple[float, ...] = ()
    padding_chance: Share = 0.0


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
"""One protocol that covers all of the others, for small fields of view."""

"""Every number the spine of a phantom is drawn from, and all settings of a cohort together.

Lengths are millimetres, angles degrees, densities Hounsfield units. A pair ``(low, high)`` is a uniform distribution's
range, a :class:`Normal` a truncated normal distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

from dataset_conversion.phantom.cohort.composition import CompositionSettings
from dataset_conversion.phantom.settings.acquisition import Scanner
from dataset_conversion.phantom.settings.bones import BoneSettings, PelvisSettings, PosteriorSettings, RibSettings
from dataset_conversion.phantom.settings.distributions import Normal, Range
from dataset_conversion.phantom.settings.organs import OrganSettings
from dataset_conversion.phantom.settings.tissue import ChestSettings, TissueSettings, TorsoSettings, VesselSettings


@dataclass(frozen=True)
class FieldSettings:
    """The field of view. Its upper and lower borders lie between centroids, so that vertebrae are cut."""

    crop: tuple[float, float] | None = None  # (y, x) around the spine; None: the scanner's whole field
    border_share: Range = (0.3, 0.9)  # from the last centroid inside to the next one outside
    below_sacrum: float = 26.0  # where that next one is taken to be below S2
    crop_position: Range = (0.36, 0.42)  # the bodies' mean y, as a share of the crop
    crop_offset: Range = (-4.0, 4.0)  # the bodies' mean x, against the crop's middle
    margin: Range = (-10.0, 30.0)  # a whole field is wider than the patient by so much
    behind_back: Range = (35.0, 60.0)  # how far a whole field reaches behind the patient's back
    origin: Range = (-200.0, 200.0)  # each world coordinate of the first voxel


@dataclass(frozen=True)
class SpineSettings:
    """Where the vertebrae are. Curvature is that of recumbent patients (VerSe: T4/5 to T11/12 28 +- 11,
    L1/2 to L4/5 22 +- 12 degrees; largest lateral deviation median 3.9, 95th percentile 11 mm)."""

    levels_beyond: int = 2  # vertebrae laid out above and below the field, so that cut ones are drawn
    body_scale: Normal = Normal(1.0, 0.05, 0.88, 1.12)  # a patient's size against the mean
    spacing_variation: Normal = Normal(1.0, 0.02, 0.95, 1.05)
    kyphosis: Normal = Normal(4.0, 1.6, 0.0, 8.0)  # tangent change a level, down to `kyphosis_end`
    lordosis: Normal = Normal(7.0, 3.0, 0.0, 14.0)  # a level, from `lordosis_start` down
    kyphosis_end: str = "T10"
    lordosis_start: str = "L3"
    sacral_step: Normal = Normal(12.0, 4.0, 4.0, 20.0)  # lordosis from L5 to S1; S2 follows S1
    pitch: Normal = Normal(0.0, 4.0, -8.0, 8.0)  # how the whole spine leans in the field
    lateral_amplitude: Normal = Normal(4.0, 4.0, 0.0, 12.0)
    lateral_wavelength: Range = (180.0, 320.0)
    axial_rotation: Normal = Normal(0.0, 2.5, -7.0, 7.0)
    wedge_kyphosis_share: float = 0.6  # of a wedge's angle that the discs do not make up for
    smallest_disc: float = 2.5


@dataclass(frozen=True)
class ShapeSettings:
    """The vertebral body's shape. Height ratios follow 3,393 expert six-point readings of chest CT
    (neuro-ml/vertebral-fractures-severity): anterior / posterior N(.93, .08), middle / posterior N(.85, .06)."""

    anterior_ratio: Normal = Normal(0.93, 0.08, 0.69, 1.17)
    middle_ratio: Normal = Normal(0.85, 0.06, 0.67, 1.03)
    size_variation: Normal = Normal(1.0, 0.03, 0.92, 1.08)  # a body against its patient's other ones
    waist: Range = (0.06, 0.12)  # share of the radius lost half-way between the endplates
    roundness: Range = (2.1, 2.6)  # exponent of the superellipse: 2 an ellipse, more is squarer
    posterior_notch: Range = (0.3, 1.2)  # hollow of the posterior wall
    upper_share: Range = (0.4, 0.6)  # of the concavity, in the upper endplate
    edge_radius: float = 2.0  # rounding between wall and endplate
    osteophyte_chance: float = 0.3
    osteophyte: Range = (2.0, 6.0)
    node_chance: float = 0.12  # Schmorl's node
    node_depth: Range = (3.0, 6.0)
    node_radius: Range = (0.2, 0.3)  # of the half width
    node_side: Range = (0.32, 0.55)  # of the half width: further from the middle than its radius
    node_position: Range = (-0.3, 0.3)  # of the half depth


@dataclass(frozen=True)
class FractureSettings:
    """What a fracture looks like. Losses stay clear of the edges of Genant's bands by `band_margin`."""

    shape_chance: tuple[tuple[str, float], ...] = (("wedge", 0.5), ("biconcave", 0.3), ("crush", 0.2))
    loss: tuple[Range, Range, Range] = ((0.20, 0.25), (0.25, 0.40), (0.40, 0.60))
    band_margin: float = 0.005
    bulge: float = 0.3  # growth of width and depth for each unit of height lost
    wedge_concavity: float = 0.6  # share of the normal concavity left in a wedge
    upper_share: Range = (0.55, 0.9)
    step_chance: float = 0.7
    step_share: Range = (0.3, 0.7)  # of a wedge's anterior loss, in one step of the endplate
    step_position: Range = (-0.35, 0.2)  # on the anterior-posterior axis, -1 anterior wall, 1 posterior wall
    step_width: float = 0.15
    sclerosis_chance: float = 0.75
    sclerosis: Range = (120.0, 300.0)
    mimic_chance: float = 0.15  # a normal vertebra with some sclerosis below its endplate
    mimic_sclerosis: Range = (40.0, 140.0)
    sclerosis_depth: Range = (1.5, 4.0)  # of the band's middle, below the upper endplate
    sclerosis_thickness: float = 1.1  # the band's sd


@dataclass(frozen=True)
class PhantomSettings:
    """All settings of a phantom cohort; ``presets`` holds the two in use."""

    composition: CompositionSettings
    field_of_view: FieldSettings
    scanners: tuple[Scanner, ...]  # each case is scanned by one of them
    spine: SpineSettings = SpineSettings()
    shape: ShapeSettings = ShapeSettings()
    fracture: FractureSettings = FractureSettings()
    bone: BoneSettings = BoneSettings()
    posterior: PosteriorSettings = PosteriorSettings()
    ribs: RibSettings = RibSettings()
    pelvis: PelvisSettings = PelvisSettings()
    torso: TorsoSettings = TorsoSettings()
    tissue: TissueSettings = TissueSettings()
    chest: ChestSettings = ChestSettings()
    organs: OrganSettings = OrganSettings()
    vessels: VesselSettings = VesselSettings()

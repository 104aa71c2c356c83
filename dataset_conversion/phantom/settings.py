"""Every number the phantom is drawn from.

Lengths are millimetres, angles degrees, densities Hounsfield units. A pair ``(low, high)`` is a uniform
distribution's range, a :class:`Normal` a truncated normal distribution.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Normal:
    """A normal distribution, drawn again until the value lies in [low, high]."""

    mean: float
    sd: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.mean <= self.high or self.sd < 0:
            raise ValueError(f"Normal needs low <= mean <= high and sd >= 0, found {self}")

    def draw(self, rng: np.random.Generator) -> float:
        """One value in [low, high]."""
        while True:
            value = float(rng.normal(self.mean, self.sd))
            if self.low <= value <= self.high:
                return value


@dataclass(frozen=True)
class FieldSettings:
    """The scanned field and the voxel grid."""

    size: tuple[float, float, float] = (176.0, 104.0, 96.0)  # (z, y, x)
    in_plane_spacing: Range = (0.8, 1.0)
    slice_spacing: Range = (1.0, 1.5)
    origin: Range = (-200.0, 200.0)  # each world coordinate of the first voxel


@dataclass(frozen=True)
class SpineSettings:
    """Where the vertebrae are. Curvature is that of recumbent patients (VerSe: T4/5 to T11/12 28 +- 11,
    L1/2 to L4/5 22 +- 12 degrees; largest lateral deviation median 3.9, 95th percentile 11 mm)."""

    first_levels: tuple[str, ...] = ("T8", "T9", "T10", "T11", "T12", "L1")  # the highest centroid in the field
    first_centroid_share: Range = (0.3, 0.9)  # its distance to the upper border, in intervertebral spacings
    levels_beyond: int = 2  # vertebrae laid out above the first one, so that cut ones are drawn
    body_scale: Normal = Normal(1.0, 0.05, 0.88, 1.12)  # a patient's size against the mean
    spacing_variation: Normal = Normal(1.0, 0.02, 0.95, 1.05)
    kyphosis: Normal = Normal(4.0, 1.6, 0.0, 8.0)  # tangent change a level, down to `kyphosis_end`
    lordosis: Normal = Normal(7.0, 3.0, 0.0, 14.0)  # a level, from `lordosis_start` down
    kyphosis_end: str = "T10"
    lordosis_start: str = "L3"
    pitch: Normal = Normal(0.0, 4.0, -8.0, 8.0)  # how the whole spine leans in the field
    lateral_amplitude: Normal = Normal(4.0, 4.0, 0.0, 12.0)
    lateral_wavelength: Range = (180.0, 320.0)
    axial_rotation: Normal = Normal(0.0, 2.5, -7.0, 7.0)
    wedge_kyphosis_share: float = 0.6  # of a wedge's angle that the discs do not make up for
    smallest_disc: float = 2.5
    body_position: Range = (0.36, 0.42)  # the bodies' mean y, as a share of the field
    lateral_offset: Range = (-4.0, 4.0)


@dataclass(frozen=True)
class ShapeSettings:
    """The vertebral body's shape. Height ratios follow expert six-point readings of chest CT."""

    anterior_ratio: Normal = Normal(0.93, 0.08, 0.805, 1.10)  # anterior / posterior height
    middle_ratio: Normal = Normal(0.85, 0.06, 0.805, 0.97)  # middle / posterior height
    size_variation: Normal = Normal(1.0, 0.03, 0.92, 1.08)  # a body against its patient's other ones
    waist: Range = (0.06, 0.12)  # share of the radius lost half-way between the endplates
    roundness: Range = (2.1, 2.6)  # exponent of the superellipse: 2 an ellipse, more is squarer
    posterior_notch: Range = (0.3, 1.2)  # hollow of the posterior wall
    upper_share: Range = (0.4, 0.6)  # of the concavity, in the upper endplate
    edge_radius: float = 2.0  # rounding between wall and endplate
    osteophyte_chance: float = 0.15
    osteophyte: Range = (2.0, 5.0)


@dataclass(frozen=True)
class FractureSettings:
    """Which vertebrae are fractured and how. Losses stay clear of the edges of Genant's bands by `band_margin`."""

    negative_block: int = 4  # one patient in each block of so many has no fracture
    neighbour_chance: float = 0.22
    elsewhere_chance: float = 0.07
    level_weight: dict[str, float] = field(default_factory=lambda: {"T12": 2.0, "L1": 3.0, "L2": 2.0})  # others: 1
    certain_levels: int = 4  # the first so many vertebrae in the field hold a positive patient's first fracture
    grade_chance: tuple[float, float, float] = (0.46, 0.35, 0.19)
    shape_chance: dict[str, float] = field(default_factory=lambda: {"wedge": 0.5, "biconcave": 0.3, "crush": 0.2})
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
    mimic_chance: float = 0.15  # a normal vertebra with some sclerosis
    mimic_sclerosis: Range = (40.0, 140.0)
    sclerosis_depth: Range = (1.5, 4.0)  # of the band's middle, below the upper endplate
    sclerosis_thickness: float = 1.1  # the band's sd


@dataclass(frozen=True)
class BoneSettings:
    """Densities of bone (Jang 2019: trabecular 100 +- 38 at the paper's mean age) and of the discs."""

    trabecular: Normal = Normal(100.0, 38.0, 30.0, 210.0)  # a patient
    trabecular_variation: Normal = Normal(0.0, 12.0, -30.0, 30.0)  # a vertebra
    texture_sd: Range = (15.0, 35.0)
    texture_length: float = 1.2
    cortical: Range = (550.0, 800.0)
    cortical_thickness: Range = (0.5, 0.9)
    disc: Range = (60.0, 80.0)
    disc_share: float = 0.96  # of the body's radius


@dataclass(frozen=True)
class PosteriorSettings:
    """Pedicles, laminae, facets, processes and ribs as rods. A rod's heights are those of its two ends, as shares of
    the body's posterior height, 0 being the body's middle."""

    cortical_thickness: float = 0.9
    trabecular: float = 160.0
    pedicle_root: float = 0.75  # of the half depth, where pedicles begin
    pedicle_side: float = 0.85  # of the half width; pedicles stand no further to the side
    widest_pedicle: float = 12.0
    pedicle_heights: Range = (0.2, 0.05)
    canal_margin: float = 2.0  # from the canal to the middle of the lamina's edge
    joint_gap: float = 4.0  # from there forward to where pedicle and lamina meet
    lamina_radius: float = 3.2
    lamina_gap: float = 3.0  # from the canal's margin back to where both laminae meet
    lamina_height: float = -0.15
    facet_radius: float = 4.0
    facet_offsets: Range = (-3.0, -1.0)  # from the canal's margin
    facet_heights: Range = (0.45, -0.5)
    spinous_length: float = 19.0
    spinous_radius: float = 3.0
    spinous_heights: tuple[Range, Range] = ((-0.05, -0.45), (-0.3, -0.65))  # its upper and its lower edge
    transverse_length: float = 22.0
    transverse_radius: float = 3.0
    transverse_offsets: Range = (-5.0, -2.0)
    transverse_height: float = 0.1
    rib_radius: float = 3.8
    rib_sides: Range = (6.0, 32.0)  # from the pedicle
    rib_offsets: Range = (-18.0, 4.0)
    rib_heights: Range = (0.35, -0.1)


@dataclass(frozen=True)
class TissueSettings:
    """What surrounds the spine."""

    muscle: Range = (25.0, 45.0)
    fat: Range = (-105.0, -80.0)
    fat_share: Normal = Normal(0.25, 0.10, 0.08, 0.5)  # of the soft tissue
    marbling_length: float = 3.5
    marbling_softness: float = 1.0
    fat_bias: float = 1.2  # sd of the marbling by which muscles and the tissue around them differ
    psoas_radius: float = 15.0
    erector_radius: float = 22.0
    muscle_edge: float = 3.0
    thecal_sac: Range = (5.0, 20.0)
    epidural_fat: float = 1.5
    canal_gap: float = 1.0
    aorta_chance: float = 0.8
    aorta_radius: Range = (9.0, 13.0)
    aorta: Range = (35.0, 170.0)
    aorta_offset: tuple[Range, Range] = ((-6.0, 16.0), (4.0, 9.0))  # to the left; gap to the anterior wall
    calcification_chance: float = 0.5
    calcification: Range = (250.0, 700.0)
    calcification_thickness: float = 1.6
    calcification_pitch: Range = (15.0, 40.0)  # along the vessel for a turn of one radian
    calcification_extent: float = 0.4  # cosine of a plaque's half angle
    lung: Range = (-880.0, -780.0)
    lung_chance: float = 0.8
    lung_floor: tuple[str, ...] = ("T10", "T11", "T12")  # the lowest level beside a lung
    lung_gap: Range = (12.0, 20.0)  # from the body's side wall
    lung_behind: float = 38.0  # how far the lung reaches behind the bodies
    lung_slope: float = 0.5  # rise of its floor towards the front
    lung_edge: float = 2.0
    skin_depth: Range = (60.0, 80.0)  # from the bodies' centres to the skin
    skin_radius: float = 150.0
    subcutaneous: Range = (4.0, 12.0)
    air: float = -1000.0


@dataclass(frozen=True)
class AcquisitionSettings:
    """The scanner: blur, noise and the stored range."""

    in_plane_blur: Range = (0.45, 0.8)  # sd
    slice_blur: Range = (0.45, 0.75)  # sd
    noise_sd: Range = (10.0, 30.0)
    noise_length: Range = (0.4, 0.8)  # sd of the noise's own kernel
    stored_range: tuple[int, int] = (-1024, 3071)


@dataclass(frozen=True)
class PhantomSettings:
    """All settings of a phantom cohort."""

    field_of_view: FieldSettings = FieldSettings()
    spine: SpineSettings = SpineSettings()
    shape: ShapeSettings = ShapeSettings()
    fracture: FractureSettings = field(default_factory=FractureSettings)
    bone: BoneSettings = BoneSettings()
    posterior: PosteriorSettings = PosteriorSettings()
    tissue: TissueSettings = TissueSettings()
    acquisition: AcquisitionSettings = AcquisitionSettings()

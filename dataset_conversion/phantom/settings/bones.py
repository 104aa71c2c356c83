"""Settings of the bones: their densities, and the form of all but the vertebral bodies.

Lengths are millimetres, densities Hounsfield units.
"""

from __future__ import annotations

from dataclasses import dataclass

from dataset_conversion.phantom.settings.distributions import Normal, Profile, Range

Place = tuple[float, float, float]


@dataclass(frozen=True)
class BoneSettings:
    """Densities of bone and discs. Trabecular bone falls with age from 226 HU at 30 years by 2.5 HU a year with an sd
    of 38 HU between patients (Jang 2019, Radiology 291:360); 81 years is the mean age of the paper's patients."""

    age: Normal = Normal(81.0, 6.0, 70.0, 98.0)
    young_age: float = 30.0
    young_trabecular: float = 226.0
    yearly_loss: float = 2.5
    trabecular_deviation: Normal = Normal(0.0, 38.0, -60.0, 110.0)  # a patient from the mean of the age
    trabecular_variation: Normal = Normal(0.0, 12.0, -30.0, 30.0)  # a vertebra from the patient's mean
    texture_sd: Range = (15.0, 35.0)
    texture_length: tuple[float, float, float] = (1.8, 1.1, 1.1)  # (z, y, x): trabeculae run along the spine
    cortical: Range = (550.0, 800.0)
    cortical_thickness: Range = (0.5, 0.9)
    endplate_thickness: Range = (0.7, 1.1)
    disc: Range = (60.0, 80.0)
    disc_share: float = 0.96  # of the body's radius


@dataclass(frozen=True)
class PosteriorSettings:
    """Pedicles, laminae, facets and processes as rods. A rod's heights are those of its two ends, as shares of the
    body's posterior height, 0 being the body's middle."""

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


@dataclass(frozen=True)
class RibSettings:
    """Ribs: from the body's side to the transverse process, then along the chest wall. `turn` is how far round the
    chest a rib's bone reaches, in degrees from behind, `drop` how much lower it ends than it begins."""

    cortical_thickness: float = 1.1
    trabecular: float = 110.0
    radius: float = 4.5
    head: Place = (0.95, 0.7, 0.4)  # of half width, half depth and posterior height
    neck: Place = (20.0, 6.0, 0.15)  # beyond the half width, behind the posterior wall, of posterior height
    first_turn: float = 28.0  # where a rib reaches the chest wall
    turn: Profile = (
        ("T1", 150.0),
        ("T2", 145.0),
        ("T7", 140.0),
        ("T9", 125.0),
        ("T10", 115.0),
        ("T11", 85.0),
        ("T12", 55.0),
    )
    drop: Profile = (("T1", 30.0), ("T4", 60.0), ("T8", 85.0), ("T10", 80.0), ("T12", 40.0))
    steps: int = 12  # rods along the wall
    cartilage: float = 95.0
    sternal_levels: tuple[str, ...] = ("T1", "T2", "T3", "T4", "T5", "T6", "T7")  # ribs that reach the sternum
    sternum_ends: tuple[str, str] = ("T3", "T10")
    sternum_side: float = 9.0  # of its outer rods
    sternum_radius: float = 6.0


@dataclass(frozen=True)
class PelvisSettings:
    """Sacral wings and iliac bones. Places are (x, y, z) from the middle of S1, for the left side."""

    cortical_thickness: float = 1.3
    trabecular: float = 70.0
    wing_reach: Profile = (("S1", 20.0), ("S2", 17.0))  # beyond the half width
    wing_radius: Profile = (("S1", 12.0), ("S2", 11.0))
    crest_length: float = 8.0  # median sacral crest
    roof_radius: float = 3.0
    tail_segments: int = 2  # below S2
    tail_step: Place = (0.0, 4.0, -1.0)  # mm back for each, and posterior heights down
    tail_radius: float = 11.0
    crest: tuple[Place, ...] = (
        (39.0, 48.0, -8.0),
        (62.0, 41.0, 24.0),
        (92.0, 20.0, 46.0),
        (116.0, -12.0, 50.0),
        (127.0, -42.0, 32.0),
        (121.0, -70.0, -6.0),
    )
    base: tuple[Place, ...] = (
        (45.0, 36.0, -40.0),
        (56.0, 22.0, -50.0),
        (72.0, 2.0, -66.0),
        (86.0, -18.0, -78.0),
        (95.0, -36.0, -80.0),
        (102.0, -56.0, -64.0),
    )
    blades: int = 40  # rods between base and crest
    blade_radius: float = 4.2
    crest_radius: float = 6.0

"""All settings of a cohort: its composition, and everything that its phantoms are drawn from."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from dataset_conversion.phantom.settings.acquisition import FieldSettings, Scanner
from dataset_conversion.phantom.settings.bones import BoneSettings, PelvisSettings, PosteriorSettings, RibSettings
from dataset_conversion.phantom.settings.discs import DiscSettings
from dataset_conversion.phantom.settings.lesions import ImplantSettings, LesionSettings
from dataset_conversion.phantom.settings.levels import PHANTOM_LEVELS, Level, ShownLevel
from dataset_conversion.phantom.settings.organs import OrganSettings
from dataset_conversion.phantom.settings.pelvic_bones import PelvicBoneSettings
from dataset_conversion.phantom.settings.quantities import NonNegative
from dataset_conversion.phantom.settings.shoulder_bones import ShoulderSettings
from dataset_conversion.phantom.settings.spine import FractureSettings, ShapeSettings, SpineSettings
from dataset_conversion.phantom.settings.thorax import ThoraxSettings
from dataset_conversion.phantom.settings.tissue import (
    ArmSettings,
    ChestSettings,
    TissueSettings,
    TorsoSettings,
    VesselSettings,
)
from dataset_conversion.phantom.settings.urinary import UrinarySettings
from dataset_conversion.phantom.settings.variation import VariationSettings
from dataset_conversion.spine.settings import settings

Count = Annotated[int, Field(ge=0)]

Runs = tuple[Annotated[int, Field(ge=1)], ...]
"""Lengths of a case's runs of contiguous fractures; empty without a fracture."""


@settings
class CompositionSettings:
    """The quotas of a block of cases.

    Attributes:
        runs: How many cases have which runs of contiguous fractures.
        fields: How many cases show which levels, given as the highest, the lowest and the number of cases.
        grades: How many fractures have Genant grade 1, 2 and 3.
        level_odds: Relative odds of a fracture at each level; a level that is not named is never fractured.
    """

    runs: tuple[tuple[Runs, Count], ...]
    fields: tuple[tuple[ShownLevel, ShownLevel, Count], ...]
    grades: tuple[Count, Count, Count]
    level_odds: tuple[tuple[Level, NonNegative], ...]

    @model_validator(mode="after")
    def _fields_run_down(self) -> Self:
        for highest, lowest, _ in self.fields:
            if PHANTOM_LEVELS.index(highest) > PHANTOM_LEVELS.index(lowest):
                raise ValueError(f"fields go from {highest} to {lowest}; expected the highest level first")
        return self

    @model_validator(mode="after")
    def _quotas_agree(self) -> Self:
        fractures = sum(sum(lengths) * cases for lengths, cases in self.runs)
        shown, graded = sum(cases for *_, cases in self.fields), sum(self.grades)
        if self.cases < 1:
            raise ValueError("runs have no case; expected 1 or more")
        if (shown, graded) != (self.cases, fractures):
            raise ValueError(
                f"fields have {shown} cases and grades {graded} fractures; "
                f"expected {self.cases} cases and {fractures} fractures as in runs"
            )
        return self

    @property
    def cases(self) -> int:
        """Number of cases in a block."""
        return sum(cases for _, cases in self.runs)


@settings
class PhantomSettings:
    """All settings of a phantom cohort.

    Each case is scanned by one of the `scanners`. With `variation`, each case also draws settings of its own. With
    `pelvic_bones`, sacrum, hips and femora take the place of `pelvis`; with `shoulders`, there are shoulders and the
    sternum is theirs. `unlisted` levels are drawn, but have no row in the table: they are background.
    """

    composition: CompositionSettings
    field_of_view: FieldSettings
    scanners: Annotated[tuple[Scanner, ...], Field(min_length=1)]
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
    thorax: ThoraxSettings | None = None  # None: the heart is an organ, and the aorta runs straight on
    urinary: UrinarySettings | None = None  # None: kidneys are organs of one density
    arms: ArmSettings = ArmSettings()
    discs: DiscSettings | None = None  # None: discs of one density
    lesions: LesionSettings = LesionSettings()
    implants: ImplantSettings = ImplantSettings()
    pelvic_bones: PelvicBoneSettings | None = None
    shoulders: ShoulderSettings | None = None
    unlisted: tuple[Level, ...] = ()
    variation: VariationSettings | None = None

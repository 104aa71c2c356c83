"""Settings of one case of a varied cohort: values that a case draws once replace those of the cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dataset_conversion.phantom.settings.acquisition import FieldSettings, Scanner
from dataset_conversion.phantom.settings.bones import BoneSettings
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.levels import Profile
from dataset_conversion.phantom.settings.organs import STOMACH, Organ, OrganSettings
from dataset_conversion.phantom.settings.thorax import ThoraxSettings
from dataset_conversion.phantom.settings.tissue import ChestSettings, TorsoSettings
from dataset_conversion.phantom.settings.urinary import UrinarySettings
from dataset_conversion.phantom.settings.variation import Phase, Slope, VariationSettings

_AIR = -1000.0


def settings_of_case(seed: np.random.SeedSequence, settings: PhantomSettings) -> PhantomSettings:
    """Draw the settings of one case. Without `variation`, they are those of the cohort."""
    variation = settings.variation
    if variation is None:
        return settings
    rng = np.random.default_rng(seed)
    phase = variation.phases[_choose(rng, [phase.odds for phase in variation.phases])]
    settings = _vary_field(rng, settings, variation)
    settings = _vary_bone(rng, settings, variation, phase)
    settings = _vary_arms(rng, settings)
    return replace(
        settings,
        torso=_vary_couch(rng, _vary_torso(rng, settings.torso, variation), variation),
        tissue=replace(settings.tissue, enhanced_chance=1.0),
        organs=_vary_organs(rng, settings.organs, variation, phase),
        vessels=replace(
            settings.vessels,
            enhanced=phase.arteries,
            venous=phase.veins,
            calcification_thickness=rng.uniform(*variation.calcification_thickness),
            calcification_extent=rng.uniform(*variation.calcification_extent),
        ),
        chest=_vary_chest(rng, settings.chest, variation, phase),
        thorax=_thorax_in_phase(settings.thorax, phase),
        urinary=_urinary_in_phase(settings.urinary, phase),
        variation=None,
    )


def _choose(rng: np.random.Generator, odds: Sequence[float]) -> int:
    """Draw an index with probabilities proportional to the odds."""
    return int(rng.choice(len(odds), p=np.array(odds) / np.sum(odds)))


def _fixed(value: float) -> Normal:
    return Normal(value, 0.0, value, value)


def _vary_field(rng: np.random.Generator, settings: PhantomSettings, variation: VariationSettings) -> PhantomSettings:
    """Draw a narrow field, whose corners show no padding, or a whole one, whose voxels are not the smallest."""
    narrow = rng.random() < variation.narrow_chance
    width, ratio = rng.uniform(*variation.narrow_width), rng.uniform(*variation.narrow_ratio)
    field: FieldSettings = settings.field_of_view
    if narrow:
        scanners = tuple(replace(scanner, padding=()) for scanner in settings.scanners)
        return replace(settings, scanners=scanners, field_of_view=replace(field, crop=(width * ratio, width)))
    scanners = tuple(_for_whole_fields(scanner, variation) for scanner in settings.scanners)
    return replace(settings, scanners=scanners)


def _for_whole_fields(scanner: Scanner, variation: VariationSettings) -> Scanner:
    """A scanner whose spacing inside slices has at least the limits for whole fields."""
    low, high = (max(*pair) for pair in zip(scanner.in_plane_spacing, variation.whole_in_plane, strict=True))
    return replace(scanner, in_plane_spacing=(low, high))


def _vary_bone(
    rng: np.random.Generator, settings: PhantomSettings, variation: VariationSettings, phase: Phase
) -> PhantomSettings:
    """Draw the patient's trabecular density, which the ribs, the pelvis and the posterior elements follow."""
    bone: BoneSettings = settings.bone
    age, deviation = bone.age.draw(rng), bone.trabecular_deviation.draw(rng)
    mean = bone.young_trabecular - bone.yearly_loss * (age - bone.young_age)
    deviation = max(deviation, variation.least_body - mean)
    density = mean + deviation
    posterior, rib, pelvis = (
        max(density * rng.uniform(*share), variation.least_trabecular)
        for share in (variation.posterior_share, variation.rib_share, variation.pelvis_share)
    )
    bone = replace(
        bone,
        age=_fixed(age),
        trabecular_deviation=_fixed(deviation),
        young_trabecular=bone.young_trabecular + rng.uniform(*phase.marrow),
    )
    return replace(
        settings,
        bone=bone,
        posterior=replace(settings.posterior, trabecular=posterior),
        ribs=replace(settings.ribs, trabecular=rib, cartilage=rng.uniform(*variation.cartilage)),
        pelvis=replace(settings.pelvis, trabecular=pelvis),
    )


def _vary_arms(rng: np.random.Generator, settings: PhantomSettings) -> PhantomSettings:
    """Draw whether the arms are raised; only lowered ones lie beside the torso."""
    shoulders = settings.shoulders
    if shoulders is None:
        return settings
    lowered = bool(rng.random() < shoulders.lowered_chance)
    return replace(
        settings,
        shoulders=replace(shoulders, lowered_chance=float(lowered)),
        arms=settings.arms if lowered else replace(settings.arms, chance=0.0),
    )


def _vary_torso(rng: np.random.Generator, torso: TorsoSettings, variation: VariationSettings) -> TorsoSettings:
    """Draw how obese the patient is; width, depth and the layers of fat follow."""
    girth = rng.random()

    def draw(slope: Slope) -> float:
        return float(np.interp(girth, (0, 1), slope)) * rng.uniform(*variation.build)

    back_fat = draw(variation.back_fat)
    return replace(
        torso,
        half_width=_fixed(draw(variation.half_width)),
        half_depth=_fixed(draw(variation.half_depth)),
        subcutaneous=_fixed(draw(variation.subcutaneous)),
        back_fat=(back_fat, back_fat),
        roundness=rng.uniform(*variation.roundness),
    )


def _vary_couch(rng: np.random.Generator, torso: TorsoSettings, variation: VariationSettings) -> TorsoSettings:
    low, high = np.log(variation.couch_radius)
    seen = rng.random() < variation.couch_chance
    couch = replace(
        torso,
        couch_half_width=rng.uniform(*variation.couch_half_width),
        couch_depth=rng.uniform(*variation.couch_depth),
        couch_radius=float(np.exp(rng.uniform(low, high))),
        couch_skin=rng.uniform(*variation.couch_skin),
        couch_density=rng.uniform(*variation.couch_density),
        couch_core=rng.uniform(*variation.couch_core),
    )
    return couch if seen else replace(couch, couch_density=_AIR, couch_core=_AIR, pad_density=_AIR)


def _vary_organs(
    rng: np.random.Generator, organs: OrganSettings, variation: VariationSettings, phase: Phase
) -> OrganSettings:
    """Draw the contents of the bowel, and how much the organs enhance."""
    content = variation.bowel[_choose(rng, [content.odds for content in variation.bowel])]
    share = rng.uniform(*phase.organs)
    stomach = content.density if rng.random() < variation.stomach_content else None
    return replace(
        organs,
        organs=tuple(_filled(_in_phase(organ, phase, share), stomach) for organ in organs.organs),
        content=content.density,
        gas_chance=rng.uniform(*variation.gas_chance),
    )


def _in_phase(organ: Organ, phase: Phase, share: float) -> Organ:
    """An organ whose density with contrast medium is that of the phase. An organ of the chest is a heart."""
    if not organ.abdominal:
        return replace(organ, enhanced=phase.arteries)
    low, high = (
        native + share * (venous - native) for native, venous in zip(organ.density, organ.enhanced, strict=True)
    )
    return replace(organ, enhanced=(low, high))


def _filled(organ: Organ, content: tuple[float, float] | None) -> Organ:
    """The stomach with contents of this density; other organs as they are."""
    if content is None or organ.name != STOMACH:
        return organ
    return replace(organ, density=content, enhanced=content)


def _vary_chest(
    rng: np.random.Generator, chest: ChestSettings, variation: VariationSettings, phase: Phase
) -> ChestSettings:
    return replace(
        chest,
        vessel=rng.uniform(*phase.pulmonary),
        mediastinum=rng.uniform(*variation.mediastinum),
        edge=rng.uniform(*variation.lung_edge),
        airway_radius=rng.uniform(*variation.windpipe),
        strait=rng.uniform(*variation.strait),
        strait_depth=rng.uniform(*variation.strait_depth),
        inlet=_scaled(chest.inlet, rng.uniform(*variation.inlet)),
        gutter=rng.uniform(*variation.gutter),
        wobble=rng.uniform(*variation.lung_wobble),
    )


def _scaled(profile: Profile, share: float) -> Profile:
    return tuple((level, share * value) for level, value in profile)


def _thorax_in_phase(thorax: ThoraxSettings | None, phase: Phase) -> ThoraxSettings | None:
    if thorax is None:
        return None
    return replace(thorax, pulmonary=phase.pulmonary, muscle=phase.muscle, injection_chance=phase.injection_chance)


def _urinary_in_phase(urinary: UrinarySettings | None, phase: Phase) -> UrinarySettings | None:
    if urinary is None:
        return None
    return replace(urinary, cortex=phase.cortex, medulla=phase.medulla, collecting=phase.collecting)

"""Settings that a case draws for itself."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.cohort.presets import BODY
from dataset_conversion.phantom.cohort.variation import settings_of_case
from dataset_conversion.phantom.cohort.varied import VARIED
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.distributions import Normal
from dataset_conversion.phantom.settings.organs import STOMACH


@pytest.fixture(scope="module")
def drawn() -> list[PhantomSettings]:
    """The settings of many cases."""
    return [settings_of_case(np.random.SeedSequence(number), VARIED) for number in range(300)]


def test_a_cohort_without_variation_keeps_its_settings() -> None:
    assert settings_of_case(np.random.SeedSequence(3), BODY) is BODY


def test_the_same_seed_draws_the_same_settings(drawn: list[PhantomSettings]) -> None:
    assert settings_of_case(np.random.SeedSequence(7), VARIED) == drawn[7]
    assert drawn[7] != drawn[8]


def test_half_of_the_fields_are_narrow(drawn: list[PhantomSettings]) -> None:
    crops = [settings.field_of_view.crop for settings in drawn]
    narrow = np.array([crop for crop in crops if crop is not None])
    assert 0.4 < len(narrow) / len(crops) < 0.6
    assert narrow.min() > 70
    assert narrow.max() < 260


def test_narrow_fields_are_not_padded_and_whole_ones_have_no_small_voxels(drawn: list[PhantomSettings]) -> None:
    for settings in drawn:
        for scanner in settings.scanners:
            if settings.field_of_view.crop is not None:
                assert scanner.padding == ()
            else:
                assert scanner.in_plane_spacing[0] >= 0.75


def test_phases_have_their_odds_and_densities(drawn: list[PhantomSettings]) -> None:
    assert VARIED.variation is not None
    arteries = [settings.vessels.enhanced for settings in drawn]
    for phase in VARIED.variation.phases:
        assert np.mean([blood == phase.arteries for blood in arteries]) == pytest.approx(phase.odds, abs=0.09)


def test_heart_and_kidneys_are_in_the_phase_of_the_arteries(drawn: list[PhantomSettings]) -> None:
    assert VARIED.variation is not None
    phases = {phase.arteries: phase for phase in VARIED.variation.phases}
    for settings in drawn:
        phase = phases[settings.vessels.enhanced]
        assert settings.thorax is not None
        assert settings.urinary is not None
        assert settings.thorax.pulmonary == phase.pulmonary
        assert settings.thorax.injection_chance == phase.injection_chance
        assert settings.urinary.collecting == phase.collecting
        assert phase.pulmonary[0] <= settings.chest.vessel <= phase.pulmonary[1]


def test_the_stomach_can_hold_what_the_bowel_does(drawn: list[PhantomSettings]) -> None:
    contents = [
        (next(organ for organ in settings.organs.organs if organ.name == STOMACH).density, settings.organs.content)
        for settings in drawn
    ]
    assert np.mean([stomach == bowel for stomach, bowel in contents]) == pytest.approx(0.7, abs=0.1)
    assert sum(stomach[1] > 300 for stomach, _ in contents) > 20


def test_width_depth_and_fat_grow_together(drawn: list[PhantomSettings]) -> None:
    torsos = [settings.torso for settings in drawn]
    sizes = np.array([[torso.half_width.mean, torso.half_depth.mean, torso.subcutaneous.mean] for torso in torsos])
    assert np.corrcoef(sizes.T).min() > 0.8
    np.testing.assert_array_less([128, 81, 3], sizes.min(axis=0))
    np.testing.assert_array_less(sizes.max(axis=0), [236, 172, 54])


def test_other_bones_follow_the_bodies(drawn: list[PhantomSettings]) -> None:
    bodies = [
        settings.bone.young_trabecular
        - settings.bone.yearly_loss * (settings.bone.age.mean - settings.bone.young_age)
        + settings.bone.trabecular_deviation.mean
        for settings in drawn
    ]
    for bones in ("posterior", "ribs", "pelvis"):
        densities = [getattr(settings, bones).trabecular for settings in drawn]
        assert np.corrcoef(bodies, densities)[0, 1] > 0.6
        assert min(densities) >= -40
    assert np.percentile(bodies, 5) < 60
    assert np.percentile(bodies, 95) > 240


def test_no_patient_has_less_dense_bodies_than_real_ones() -> None:
    assert VARIED.variation is not None
    old = replace(VARIED, bone=replace(VARIED.bone, age=Normal(98.0, 0.0, 98.0, 98.0)))
    for number in range(40):
        bone = settings_of_case(np.random.SeedSequence(number), old).bone
        mean = VARIED.bone.young_trabecular - bone.yearly_loss * (bone.age.mean - bone.young_age)
        assert mean + bone.trabecular_deviation.mean >= VARIED.variation.least_body - 1e-6


def test_arms_lie_beside_the_torso_only_if_they_are_lowered(drawn: list[PhantomSettings]) -> None:
    lowered = [settings.shoulders.lowered_chance for settings in drawn if settings.shoulders is not None]
    assert set(lowered) == {0.0, 1.0}
    assert 0.2 < np.mean(lowered) < 0.4
    for settings, chance in zip(drawn, lowered, strict=True):
        assert settings.arms.chance == chance * VARIED.arms.chance


def test_a_couch_that_is_not_seen_is_air() -> None:
    assert VARIED.variation is not None
    unseen = replace(VARIED, variation=replace(VARIED.variation, couch_chance=0.0))
    torso = settings_of_case(np.random.SeedSequence(1), unseen).torso
    assert {torso.couch_density, torso.couch_core, torso.pad_density} == {-1000.0}


def test_lungs_come_near_the_spine_in_some_cases_and_keep_away_in_others(drawn: list[PhantomSettings]) -> None:
    chests = [settings.chest for settings in drawn]
    straits = [chest.strait for chest in chests if chest.strait is not None]
    assert len(straits) == len(chests)
    assert min(straits) < 3 < 12 < max(straits)
    inlets = [chest.inlet[0][1] / VARIED.chest.inlet[0][1] for chest in chests]
    assert 0.2 <= min(inlets) < 0.35 < 0.95 < max(inlets) <= 1.1
    assert all(chest.inlet[-1][1] == 0 for chest in chests)

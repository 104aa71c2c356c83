"""A varied whole body on large voxels, for the tests of its skeleton."""

from dataclasses import replace

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.cohort.case import CasePlan, plan_case
from dataset_conversion.phantom.cohort.presets import BODY
from dataset_conversion.phantom.settings.acquisition import ANY
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.varied_anatomy import varied_anatomy
from dataset_conversion.phantom.skeleton.bones import Bone

COARSE = replace(
    ANY, in_plane_spacing=(2.5, 2.5), slice_spacing=(2.5, 2.5), noise_sd=(0.0, 0.0), diameter=(420.0, 420.0)
)


@pytest.fixture(scope="session")
def to_the_hips() -> PhantomSettings:
    """Bodies from C7 to the hips."""
    settings = varied_anatomy(replace(BODY, scanners=(COARSE,)))
    fields = (("C7", "S2", settings.composition.cases),)
    return replace(
        settings,
        composition=replace(settings.composition, fields=fields),
        field_of_view=replace(settings.field_of_view, hips_chance=1.0, hips=(150.0, 150.0)),
    )


@pytest.fixture(scope="session")
def plan(to_the_hips: PhantomSettings) -> CasePlan:
    """The plan of one of them."""
    return plan_case(1, 0, to_the_hips)


@pytest.fixture(scope="session")
def body(plan: CasePlan, to_the_hips: PhantomSettings) -> Phantom:
    """The phantom of that plan."""
    return Phantom(plan.grid, plan.bodies, plan.torso, False, to_the_hips)


@pytest.fixture
def bone() -> Bone:
    """Bone without grain."""
    return Bone(cortical=700.0, trabecular=150.0, texture_sd=0.0, texture_length=2.0)


@pytest.fixture
def volume(body: Phantom) -> np.ndarray:
    """A field of fat."""
    return np.full(body.grid.shape, -90.0, np.float32)

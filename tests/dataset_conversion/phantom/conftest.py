"""Rendered cases that all tests of the phantom share, and settings of small cases that are quick to write."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.cohort.case import CasePlan, plan_case, render_case
from dataset_conversion.phantom.cohort.paper import LEVEL_ODDS
from dataset_conversion.phantom.cohort.presets import BODY, SPINE
from dataset_conversion.phantom.settings.acquisition import ANY, FieldSettings
from dataset_conversion.phantom.settings.cohort import CompositionSettings, PhantomSettings
from dataset_conversion.phantom.shapes.grid import Grid
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape, Step
from dataset_conversion.spine.heights import Heights

SEED = 1

COARSE = replace(BODY, scanners=(replace(ANY, in_plane_spacing=(2.5, 2.5), slice_spacing=(3.0, 3.0)),))
"""Whole bodies on large voxels, which render in a second."""


@dataclass(frozen=True)
class Rendered:
    """A case with its volumes."""

    plan: CasePlan
    image: Volume
    mask: Volume


@pytest.fixture(scope="session")
def rendered() -> list[Rendered]:
    """Small crops with all three shapes and all three grades, as a test checks."""
    plans = [plan_case(SEED, case, SPINE) for case in (0, 1, 2, 3, 9, 18)]
    return [Rendered(plan, *render_case(plan, SPINE)) for plan in plans]


@pytest.fixture(scope="session")
def plans() -> list[CasePlan]:
    """Plans of small crops, enough to estimate shares and means."""
    return [plan_case(SEED, case, SPINE) for case in range(120)]


@pytest.fixture(scope="session")
def paper_plans() -> list[CasePlan]:
    """The plans of the paper's cohort."""
    return [plan_case(SEED, case, BODY) for case in range(BODY.composition.cases)]


@pytest.fixture(scope="session")
def whole() -> Rendered:
    """A whole body section of chest and abdomen, on large voxels."""
    plan = next(plan for case in range(90) if (plan := plan_case(SEED, case, COARSE)).visible[0].level in ("T6", "T7"))
    return Rendered(plan, *render_case(plan, COARSE))


@pytest.fixture(scope="session")
def phantom(whole: Rendered) -> Phantom:
    """The phantom of the whole body section, with contrast medium."""
    return Phantom(whole.plan.grid, whole.plan.bodies, whole.plan.torso, True, COARSE)


@pytest.fixture(scope="session")
def small() -> PhantomSettings:
    """Settings of narrow crops of three vertebrae, on large voxels."""
    return replace(
        SPINE,
        composition=CompositionSettings(
            runs=(((), 1), ((1,), 3)), fields=(("T12", "L2", 4),), grades=(1, 1, 1), level_odds=LEVEL_ODDS
        ),
        field_of_view=FieldSettings(crop=(70.0, 50.0)),
        scanners=(replace(ANY, in_plane_spacing=(1.2, 1.4), slice_spacing=(2.0, 2.5)),),
    )


@pytest.fixture
def shape() -> Callable[..., BodyShape]:
    """Make a body of 40 x 30 x 25 mm with plain walls; keyword arguments change it."""

    def make(**changes: object) -> BodyShape:
        plain = BodyShape(
            half_width=20.0,
            half_depth=15.0,
            heights=Heights(24.0, 21.0, 25.0),
            step=Step(),
            upper_share=0.5,
            waist=0.1,
            roundness=2.3,
            posterior_notch=1.0,
            osteophyte=0.0,
            edge_radius=2.0,
        )
        return replace(plain, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def grid() -> Grid:
    """60 x 60 x 60 mm with a different spacing along each axis."""
    return Grid(shape=(40, 60, 75), spacing=(1.5, 1.0, 0.8))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(7)

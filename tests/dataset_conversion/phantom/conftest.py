"""A few rendered cases, shared by all tests of the phantom, and a field small enough to write cohorts quickly."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dataset_conversion.phantom.body import BodyShape, Heights, Step
from dataset_conversion.phantom.case import CasePlan, plan_case, render_case
from dataset_conversion.phantom.grid import Grid
from dataset_conversion.phantom.settings import FieldSettings, PhantomSettings
from dataset_conversion.volume import Volume

SEED = 1


@dataclass(frozen=True)
class Rendered:
    """A case with its volumes."""

    plan: CasePlan
    image: Volume
    mask: Volume


@pytest.fixture(scope="session")
def rendered() -> list[Rendered]:
    """Five cases that hold all three shapes and all three grades (a test says so)."""
    settings = PhantomSettings()
    plans = [plan_case(SEED, case, settings) for case in (0, 1, 2, 5, 6)]
    return [Rendered(plan, *render_case(plan, settings)) for plan in plans]


@pytest.fixture(scope="session")
def plans() -> list[CasePlan]:
    """Enough plans for shares and means."""
    return [plan_case(SEED, case, PhantomSettings()) for case in range(120)]


@pytest.fixture
def small() -> PhantomSettings:
    """Settings with a field of two or three vertebrae."""
    return replace(PhantomSettings(), field_of_view=FieldSettings(size=(60.0, 70.0, 50.0), slice_spacing=(2.0, 2.5)))


@pytest.fixture
def shape() -> Callable[..., BodyShape]:
    """Makes a body of 40 x 30 x 25 mm with plain walls; keyword arguments change it."""

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
    """60 x 60 x 60 mm of unlike spacings."""
    return Grid(shape=(40, 60, 75), spacing=(1.5, 1.0, 0.8))


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(7)

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import level_index
from evaluation.naming.hypotheses import Hypothesis, search
from evaluation.naming.level_tables import read_level_tables
from evaluation.naming.settings import NamingSettings
from tests.evaluation.naming.model_chain import average_chain, levels_between

TABLES = read_level_tables()
PLAIN = NamingSettings(largest_edits=0)
Levels = tuple[str | None, ...]


def namings(hypotheses: list[Hypothesis]) -> dict[Levels, float]:
    joined: dict[Levels, float] = {}
    for hypothesis in hypotheses:
        joined[hypothesis.levels] = joined.get(hypothesis.levels, 0.0) + hypothesis.probability
    return joined


@st.composite
def chains(draw: st.DrawFn) -> FloatArray:
    first = draw(st.integers(0, 20))
    last = draw(st.integers(first + 1, 24))
    spine = average_chain("C1", "L6", draw(st.floats(0.8, 1.2)))[first : last + 1]
    return spine + np.random.default_rng(draw(st.integers(0, 1000))).normal(0, 2, spine.shape)


@given(chains())
def test_probabilities_are_shares_of_one(chain: FloatArray) -> None:
    hypotheses = search(chain, None, None, TABLES, PLAIN)
    assert sum(hypothesis.probability for hypothesis in hypotheses) == pytest.approx(1)
    assert all(0 <= hypothesis.probability <= 1 for hypothesis in hypotheses)


@given(chains(), st.sampled_from(["lowest", "highest"]))
def test_a_known_level_conditions_the_probabilities(chain: FloatArray, end: str) -> None:
    """Bayes: the known namings are those of all that have the level, in the same proportion."""
    free = namings(search(chain, None, None, TABLES, PLAIN))
    place = -1 if end == "lowest" else 0
    level = max(free, key=lambda naming: free[naming])[place]
    assert level is not None
    known = {"lowest": (level, None), "highest": (None, level)}[end]
    conditioned = namings(search(chain, *known, TABLES, PLAIN))
    given_level = {naming: share for naming, share in free.items() if naming[place] == level}
    assert set(conditioned) == set(given_level)
    total = sum(given_level.values())
    for naming, share in given_level.items():
        assert conditioned[naming] == pytest.approx(share / total, abs=1e-9)


def test_levels_descend_in_every_hypothesis() -> None:
    chain = np.insert(average_chain("T6", "L5"), 4, [3.0, 20.0, -90.0], axis=0)
    hypotheses = search(chain, None, None, TABLES, NamingSettings())
    assert any(None in hypothesis.levels for hypothesis in hypotheses)
    for hypothesis in hypotheses:
        numbers = [level_index(level) for level in hypothesis.levels if level]
        assert all(upper < lower for upper, lower in pairwise(numbers))


def test_field_of_view_matters_only_by_default() -> None:
    chain = average_chain("L1", "L4")
    typical = namings(search(chain, None, None, TABLES, PLAIN))
    unknown = namings(search(chain, None, None, TABLES, NamingSettings(largest_edits=0, any_field_of_view=True)))
    ends_at_l5 = tuple(levels_between("L2", "L5"))
    assert typical[ends_at_l5] > 2 * unknown[ends_at_l5]

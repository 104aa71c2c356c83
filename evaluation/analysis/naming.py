"""The names of the vertebrae that are located in the maps, from their centres alone, as `predict` names them.

A person who uses `predict` can say which level the lowest vertebra is. Here this is taken from the annotations, in the
cases whose lowest located vertebra is an annotated one. One level for all cases would be wrong for most cohorts, so
there is no option for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dataset_conversion.spine.errors import InputError
from evaluation.analysis.locating import LocatedCase
from evaluation.cohort.cases import Case
from evaluation.localisation.case_match import CaseMatch
from evaluation.localisation.identification import (
    CaseIdentification,
    IdentificationMetrics,
    identify_case,
    measure_identification,
)
from evaluation.localisation.located import LocatedVertebra, centres_of
from evaluation.localisation.matching import UNMATCHED
from evaluation.naming.level_tables import NAMED_LEVELS
from evaluation.naming.name_levels import LevelName, name_levels
from evaluation.settings import ScoringSettings
from evaluation.statistics.roc import IntArray


@dataclass(frozen=True)
class CaseNames:
    """The names of the located vertebrae of one case.

    Attributes:
        names: From the top down; all None for a chain that cannot be named.
        problem: Why it cannot be named; None if it can, also if all its vertebrae are unnamed.
    """

    names: tuple[LevelName | None, ...]
    problem: str | None = None

    @property
    def levels(self) -> list[str | None]:
        """The level of each vertebra; None for one without a name."""
        return [None if name is None else name.level for name in self.names]

    @property
    def most_probable(self) -> list[str | None]:
        """The most probable level of each vertebra; None if not known."""
        return [None if name is None else name.most_probable for name in self.names]


@dataclass(frozen=True)
class LowestLevel:
    """What it is worth to know the level of the lowest located vertebra, in the cases whose annotations tell it.

    Attributes:
        not_given: How well these cases are named without it.
        given: How well they are named with it.
    """

    not_given: IdentificationMetrics
    given: IdentificationMetrics


@dataclass(frozen=True)
class OwnNames:
    """Results of naming.

    Attributes:
        cases: (cases,), the names of each case.
        found: (cases,), what they are worth.
        metrics: How well the cohort is named.
        lowest: The same with the level of the lowest vertebra; None without a case whose annotations tell it.
    """

    cases: tuple[CaseNames, ...]
    found: tuple[CaseIdentification, ...]
    metrics: IdentificationMetrics
    lowest: LowestLevel | None


def analyse_names(
    cases: Sequence[Case],
    located: Sequence[LocatedCase],
    matches: Sequence[CaseMatch],
    patient: IntArray,
    weights: IntArray,
    settings: ScoringSettings,
) -> OwnNames:
    """Name the located vertebrae of each case and compare the names with the annotated levels.

    Args:
        cases: The cases.
        located: The located vertebrae of each case.
        matches: Which annotated vertebrae they are matched with.
        patient: (cases,), the patient of each case.
        weights: (replicates, patients), how often each patient is in each bootstrap sample.
        settings: `identification_radius` is used.
    """
    names = tuple(name_case(found.vertebrae) for found in located)
    lowest = [lowest_level(case, match) for case, match in zip(cases, matches, strict=True)]
    known = [row for row, level in enumerate(lowest) if level is not None]

    def identify(row: int, named: CaseNames) -> CaseIdentification:
        vertebrae, annotated = located[row].vertebrae, cases[row].annotated
        return identify_case(vertebrae, annotated, matches[row], named.levels, named.most_probable, settings)

    def measure(rows: list[int], found: Sequence[CaseIdentification]) -> IdentificationMetrics:
        return measure_identification([matches[row] for row in rows], found, patient[rows], weights)

    found = tuple(identify(row, named) for row, named in enumerate(names))
    given = [identify(row, name_case(located[row].vertebrae, lowest[row])) for row in known]
    return OwnNames(
        cases=names,
        found=found,
        metrics=measure(list(range(len(cases))), found),
        lowest=LowestLevel(measure(known, [found[row] for row in known]), measure(known, given)) if given else None,
    )


def name_case(vertebrae: Sequence[LocatedVertebra], lowest: str | None = None) -> CaseNames:
    """Name the located vertebrae of a case, inserted ones too, because they keep the others at their places.

    Args:
        vertebrae: From the top down.
        lowest: Level of the lowest, if it is known.
    """
    try:
        return CaseNames(tuple(name_levels(centres_of(vertebrae), lowest)))
    except InputError as error:
        return CaseNames((None,) * len(vertebrae), "; ".join(error.problems))


def lowest_level(case: Case, match: CaseMatch) -> str | None:
    """The annotated level of the lowest located vertebra; None if it has none, or one that is never named."""
    if not match.inserted.size or match.inserted[-1] or match.owner[-1] == UNMATCHED:
        return None
    level = case.annotated[match.owner[-1]].vertebra
    return level if level in NAMED_LEVELS else None

"""Names of the vertebrae of a chain, each with its probability."""

from __future__ import annotations

from dataclasses import dataclass

from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.hypotheses import Hypothesis, search
from evaluation.naming.known_levels import check_centres, check_known
from evaluation.naming.level_tables import LevelTables, read_level_tables
from evaluation.naming.settings import NamingSettings

_ORDINALS = (
    "lowest",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
)
DEFAULTS = NamingSettings()
PROBABILITY_DIGITS = 9
"""Digits of a probability. The sum over all hypotheses of a known level is then 1."""


@dataclass(frozen=True)
class LevelName:
    """The name of one vertebra.

    Attributes:
        level: The level; None if the vertebra is unnamed, because another level is too probable as well, or because
            the centre does not seem to be a vertebra.
        probability: Probability of `most_probable`.
        most_probable: The level in the most probable naming of the whole chain.
        position: Place in the chain, such as "third from below".
    """

    level: str | None
    probability: float
    most_probable: str
    position: str


def name_levels(
    centres: FloatArray,
    lowest: str | None = None,
    highest: str | None = None,
    settings: NamingSettings = DEFAULTS,
    tables: LevelTables | None = None,
) -> list[LevelName]:
    """Name the vertebrae of a chain.

    The probabilities are those of Bayes' rule over the levels of the first vertebra, the anatomies, and the vertebrae
    missed and false centres within the chain. Levels descend strictly along the chain.

    Args:
        centres: (n, 3) centres of the vertebral bodies in LPS mm, from the top down.
        lowest: Level of the last centre, if a person knows it.
        highest: Level of the first centre, if a person knows it.
        settings: See `NamingSettings`.
        tables: Distribution of the levels' spacings and tilts; by default the package's.

    Returns:
        One name for each centre, in the same order.

    Raises:
        InputError: If the centres cannot be a chain of vertebrae, or contradict the known levels.
    """
    points = check_centres(centres, settings)
    low, high = check_known(len(points), lowest, highest)
    if not len(points):
        return []
    hypotheses = search(points, low, high, tables or read_level_tables(), settings)
    return _names(hypotheses, settings)


def position_text(number_from_below: int) -> str:
    """The place of a vertebra that is counted from below, 0 for the lowest."""
    if number_from_below == 0:
        return _ORDINALS[0]
    if number_from_below < len(_ORDINALS):
        return f"{_ORDINALS[number_from_below]} from below"
    return f"{number_from_below + 1}{_suffix(number_from_below + 1)} from below"


def _suffix(number: int) -> str:
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _names(hypotheses: list[Hypothesis], settings: NamingSettings) -> list[LevelName]:
    """The naming with the largest probability; each of its levels has its own probability over all hypotheses."""
    namings: dict[tuple[str | None, ...], float] = {}
    for hypothesis in hypotheses:
        namings[hypothesis.levels] = namings.get(hypothesis.levels, 0.0) + hypothesis.probability
    best = max(namings, key=lambda naming: namings[naming])
    names: list[LevelName] = []
    for number, level in enumerate(best):
        shares: dict[str | None, float] = {}
        for naming, probability in namings.items():
            shares[naming[number]] = shares.get(naming[number], 0.0) + probability
        most_probable = level or max(
            filter(None, shares), key=lambda name: shares[name], default=_nearest(best, number)
        )
        probability = round(min(shares.get(most_probable, 0.0), 1.0), PROBABILITY_DIGITS)
        named = level if probability >= settings.name_threshold else None
        names.append(LevelName(named, probability, most_probable, position_text(len(best) - 1 - number)))
    return names


def _nearest(naming: tuple[str | None, ...], number: int) -> str:
    """The level of the nearest vertebra, for a centre that no hypothesis takes for a vertebra."""
    by_distance = sorted(range(len(naming)), key=lambda other: abs(other - number))
    return next(level for level in (naming[other] for other in by_distance) if level)

"""What a model's maps and located vertebrae say about a CT whose vertebrae are known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.localisation.matching import UNMATCHED, distances, match_centres
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import quantised_threshold
from evaluation.settings import ScoringSettings
from evaluation.statistics.roc import BoolArray
from evaluation.vertebra.score import centre_scores
from vf_nnunet.screening.vertebrae.centres import INSERTED, locate_centres
from vf_nnunet.screening.vertebrae.rule import VertebraRule
from vf_nnunet.transfer.known_vertebrae import KnownVertebrae
from vf_nnunet.transfer.settings import DEFAULT_SETTINGS, TransferSettings


@dataclass(frozen=True)
class BodyMeasure:
    """A body that the CT shows wholly.

    Attributes:
        level: Its name.
        is_fracture: Whether it is fractured; None if it is not graded.
        found: Whether a located vertebra is near enough to its centre. One that was inserted into a gap does not count.
        distance_mm: Distance to the nearest located vertebra; None if there is none.
        fracture: Score of fracture at its centre, as `predict` gives it at given centres.
        normal: The same weighted mean of the probability of a normal vertebra.
    """

    level: str
    is_fracture: bool | None
    found: bool
    distance_mm: float | None
    fracture: float
    normal: float


@dataclass(frozen=True)
class DiscMeasure:
    """The middle between two neighbouring bodies.

    Attributes:
        below: Level of the body above the disc.
        fracture: Weighted mean probability of a fracture.
        normal: The same of a normal vertebra.
    """

    below: str
    fracture: float
    normal: float

    @property
    def vertebra(self) -> float:
        """Probability of any vertebra."""
        return min(1.0, self.fracture + self.normal)


@dataclass(frozen=True)
class CaseMeasure:
    """What was measured in one CT.

    Attributes:
        bodies: From the top down.
        discs: Likewise.
        located: Number of located vertebrae.
        inserted: Those of them that were placed into gaps.
        false: Those of them that lie in no body.
        beyond: Those of the false ones that lie above or below all masks, where there may be a vertebra without one.
        fracture_mm3: Volume of the map of fracture at or above the operating point.
        outside_mm3: The part of it that lies in no vertebra.
    """

    bodies: tuple[BodyMeasure, ...]
    discs: tuple[DiscMeasure, ...]
    located: int
    inserted: int
    false: int
    beyond: int
    fracture_mm3: float
    outside_mm3: float


def measure_case(
    maps: Mapping[str, ProbabilityMap],
    known: KnownVertebrae,
    rule: VertebraRule,
    probability_threshold: float,
    settings: TransferSettings = DEFAULT_SETTINGS,
) -> CaseMeasure:
    """Locate the vertebrae in the maps of a CT as `predict` does, and compare them and the maps with its masks.

    Args:
        maps: The maps of fracture and of normal.
        known: The vertebrae that the CT shows.
        rule: How vertebrae are scored at given centres.
        probability_threshold: Lowest probability of the voxels of a finding.
        settings: What counts as found and as marked.
    """
    located = locate_centres(maps)
    places = np.array([vertebra.centre for vertebra in located]).reshape(-1, 3)
    inserted = np.array([vertebra.not_evaluable == INSERTED for vertebra in located], dtype=bool)
    is_false = ~known.in_body(places)
    fracture = maps[FRACTURE_NAME]
    volume, outside = _fracture_volume(fracture, known, probability_threshold)
    return CaseMeasure(
        bodies=_bodies(maps, places, inserted, known, rule, settings),
        discs=_discs(maps, known, rule, settings),
        located=len(places),
        inserted=int(inserted.sum()),
        false=int(is_false.sum()),
        beyond=int((is_false & known.beyond(places)).sum()),
        fracture_mm3=volume,
        outside_mm3=outside,
    )


def _bodies(
    maps: Mapping[str, ProbabilityMap],
    places: FloatArray,
    inserted: BoolArray,
    known: KnownVertebrae,
    rule: VertebraRule,
    settings: TransferSettings,
) -> tuple[BodyMeasure, ...]:
    centres = np.array([body.centre for body in known.bodies])
    # The cervical bodies, which come first, compete for located vertebrae too.
    match = match_centres(places, known.centres, settings.found_within)[-len(centres) :]
    found = [number != UNMATCHED and not inserted[number] for number in match]
    nearest = distances(places, centres).min(axis=1) if len(places) else [None] * len(centres)
    scores = _scores(maps, centres, rule.cube_side, rule.sigma_per_side)
    return tuple(
        BodyMeasure(
            body.level,
            body.is_fracture,
            bool(is_found),
            None if distance is None else float(distance),
            float(scores[FRACTURE_NAME][row]),
            float(scores[NORMAL_NAME][row]),
        )
        for row, (body, is_found, distance) in enumerate(zip(known.bodies, found, nearest, strict=True))
    )


def _discs(
    maps: Mapping[str, ProbabilityMap], known: KnownVertebrae, rule: VertebraRule, settings: TransferSettings
) -> tuple[DiscMeasure, ...]:
    middles = np.array([np.add(upper.centre, lower.centre) / 2 for upper, lower in known.discs]).reshape(-1, 3)
    scores = _scores(maps, middles, settings.disc_side, rule.sigma_per_side)
    return tuple(
        DiscMeasure(upper.level, float(fracture), float(normal))
        for (upper, _), fracture, normal in zip(known.discs, scores[FRACTURE_NAME], scores[NORMAL_NAME], strict=True)
    )


def _scores(
    maps: Mapping[str, ProbabilityMap], centres: FloatArray, side: int, sigma_per_side: float
) -> dict[str, FloatArray]:
    """Weighted mean (n,) of each map in cubes around the points, as `predict` scores vertebrae."""
    scoring = ScoringSettings(sigma_per_side=sigma_per_side)
    return {name: centre_scores(maps[name], centres, side, scoring) for name in (FRACTURE_NAME, NORMAL_NAME)}


def _fracture_volume(fracture: ProbabilityMap, known: KnownVertebrae, threshold: float) -> tuple[float, float]:
    """Volume in mm3 at or above a threshold, and the part of it in no vertebra."""
    positive = np.argwhere(fracture.quantised >= quantised_threshold(threshold))
    outside = ~known.in_vertebra(fracture.index_to_world(positive))
    return len(positive) * fracture.voxel_volume, int(outside.sum()) * fracture.voxel_volume

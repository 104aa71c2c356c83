"""The vertebrae of one case: measured, judged, and named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.genant import GRADE_OF_WORD
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.heights import Heights
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from dataset_conversion.spine.levels import level_index
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.naming.name_levels import LevelName, name_levels
from evaluation.settings import ScoringSettings
from evaluation.vertebra.height_loss import HeightLoss, height_losses_down
from evaluation.vertebra.heights import spine_directions
from evaluation.vertebra.score import centre_scores
from vf_nnunet.screening.vertebrae.centres import GivenCentres, VertebraCentre, locate_centres
from vf_nnunet.screening.vertebrae.density import has_contrast, trabecular_hu
from vf_nnunet.screening.vertebrae.evaluability import CUT, ct_problem, is_cut, thick_slices
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.vertebrae.options import VertebraOptions
from vf_nnunet.screening.vertebrae.rule import VertebraRule
from vf_nnunet.screening.vertebrae.settings import DENSITY

NO_SPINE = "no spine was found in the maps; expected a CT that shows vertebrae"
CONTRAST = "contrast medium is likely: trabecular_hu is higher than without, by about 15 to 20 HU"
DENSE = "the core is denser than trabecular bone: cement, sclerosis or an endplate"
WITHOUT_CT = "without the CT: metal, slice thickness and trabecular density are not known; give --images"
FEWEST_NAMES = 4
"""Number of given names from which on their spacings say something about them."""
LARGEST_SHIFT = 4
"""Given names that differ by so many levels from those by the spacings are doubtful; spacings alone are right within
two levels for nearly all spines."""
FRACTURED_NAMES = tuple(GRADE_OF_WORD)[1:]
"""The classes of the fracture grades, in models that have them."""


@dataclass(frozen=True)
class ReportedVertebra:
    """What is said about one vertebra; None where it is not known or not evaluable.

    Attributes:
        centre: Position (x, y, z), LPS mm.
        level: Its name; None if it is not certain.
        level_probability: Probability of the most probable name; None where a person or a mask gave the name.
        position: Its position in the located chain, in words; None where the name was given.
        not_evaluable: Why nothing is said about a fracture; None if it is evaluable.
        score: Weighted mean probability of fracture in the cube at the centre.
        fracture_probability: Calibrated probability of a fracture.
        positive: Whether the score reaches the operating point.
        grade_probabilities: Probability of each Genant grade by its word, for models with a class for each.
        heights: Heights of the body.
        loss: Loss of height.
        trabecular_hu: Median HU of the core.
        warnings: What else a reader should know.
    """

    centre: tuple[float, float, float]
    level: str | None
    level_probability: float | None
    position: str | None
    not_evaluable: str | None
    score: float | None = None
    fracture_probability: float | None = None
    positive: bool | None = None
    grade_probabilities: Mapping[str, float] | None = None
    heights: Heights | None = None
    loss: HeightLoss | None = None
    trabecular_hu: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The level, or the position of an unnamed vertebra."""
        return self.level or self.position or "unnamed"

    def to_json(self) -> dict[str, Any]:
        """The vertebra's entry in `<case>.json`."""
        heights = None if self.heights is None else {name: _round(mm, 1) for name, mm in vars(self.heights).items()}
        loss = None if self.loss is None else {name: _round(share, 3) for name, share in vars(self.loss).items()}
        grades = self.grade_probabilities
        return {
            "level": self.level,
            "level_probability": _round(self.level_probability, 3),
            "position": self.position,
            "centre_lps_mm": [round(float(coordinate), 1) for coordinate in self.centre],
            "score": _round(self.score, 5),
            "fracture_probability": _round(self.fracture_probability, 4),
            "positive": self.positive,
            "grade_probabilities": None if grades is None else {name: _round(p, 4) for name, p in grades.items()},
            "heights_mm": heights,
            "height_loss": loss,
            "trabecular_hu": _round(self.trabecular_hu, 0),
            "not_evaluable": self.not_evaluable,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True)
class VertebraReport:
    """The vertebrae of a case.

    Attributes:
        vertebrae: From the top down.
        about: How they were found and judged, for `<case>.json`.
        warnings: Sentences about the case.
    """

    vertebrae: tuple[ReportedVertebra, ...]
    about: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def centres(self) -> list[Sequence[float]]:
        """The centres of the vertebrae (x, y, z), LPS mm."""
        return [vertebra.centre for vertebra in self.vertebrae]

    def to_json(self) -> dict[str, Any]:
        """The part of `<case>.json` about vertebrae."""
        return {"vertebrae": [vertebra.to_json() for vertebra in self.vertebrae], "vertebra_level": dict(self.about)}


def report_vertebrae(
    maps: Mapping[str, ProbabilityMap],
    image: HounsfieldImage | None,
    options: VertebraOptions,
    given: GivenCentres | None = None,
) -> VertebraReport:
    """Find or take the vertebrae of a case, and say what the maps and the CT show of each.

    Args:
        maps: The map of each class by name, at least of fracture and normal, on one grid with canonical axes.
        image: The CT; None if it is not at hand.
        options: How vertebrae are named and judged.
        given: Centres that came with the CT; None finds them in the maps.
    """
    centres = locate_centres(maps) if given is None else list(given.vertebrae)
    warnings = [] if given is None else [*given.warnings, *_doubt_about_names(given)]
    if image is None:
        warnings.append(WITHOUT_CT)
    not_evaluable = None if image is None else thick_slices(image)
    if not centres:
        not_evaluable = NO_SPINE
    if not_evaluable:
        warnings.append(f"no vertebra is evaluable: {not_evaluable}")
    about = {
        "centres": "located in the maps" if given is None else given.source,
        **options.rule.to_json(),
        "not_evaluable": not_evaluable,
    }
    if not centres:
        return VertebraReport((), about, tuple(warnings))
    vertebrae = _measure(maps, image, options, centres, not_evaluable)
    return VertebraReport(_with_losses(vertebrae), about, tuple(warnings))


def _measure(
    maps: Mapping[str, ProbabilityMap],
    image: HounsfieldImage | None,
    options: VertebraOptions,
    centres: Sequence[VertebraCentre],
    of_case: str | None,
) -> list[ReportedVertebra]:
    """The vertebrae without their losses of height; `of_case` is why none of them is evaluable."""
    points = np.array([vertebra.centre for vertebra in centres])
    directions = spine_directions(points)
    names = _names(centres, points, options)
    scores = _scores(maps, points, options.rule)
    contrast = image is not None and has_contrast(image, points.tolist())
    vertebrae = []
    for row, (vertebra, up, name) in enumerate(zip(centres, directions, names, strict=True)):
        core = None if image is None else trabecular_hu(image, vertebra.centre, up)
        level = vertebra.level or name.most_probable
        reason = of_case or _reason(maps[FRACTURE_NAME], image, vertebra, up, level, core)
        of_vertebra = {map_name: float(values[row]) for map_name, values in scores.items()}
        vertebrae.append(_reported(vertebra, name, reason, of_vertebra, core, contrast, options.rule))
    return vertebrae


def _names(centres: Sequence[VertebraCentre], points: FloatArray, options: VertebraOptions) -> list[LevelName]:
    """The names by the spacings; those that are given stand for themselves."""
    if any(vertebra.level is None for vertebra in centres):
        return name_levels(points, options.lowest, options.highest)
    return [LevelName(vertebra.level, 1.0, vertebra.level or "", "") for vertebra in centres]


def _doubt_about_names(given: GivenCentres) -> list[str]:
    """A warning if given names are far from those that the spacings suggest, as with numbers of another program."""
    levels = [vertebra.level for vertebra in given.vertebrae if vertebra.level is not None]
    if len(levels) < max(FEWEST_NAMES, len(given.vertebrae)):
        return []
    try:
        names = name_levels(np.array([vertebra.centre for vertebra in given.vertebrae]))
    except InputError:
        # Centres far apart, as of every other vertebra, cannot be named by their spacings.
        return []
    probable = [name.most_probable for name in names]
    shifts = [level_index(level) - level_index(other) for level, other in zip(levels, probable, strict=True)]
    if abs(float(np.median(shifts))) < LARGEST_SHIFT:
        return []
    return [
        f"{given.source}: {levels[0]} to {levels[-1]} have the spacings of {probable[0]} to {probable[-1]}; expected "
        "the right names or numbering"
    ]


def _reason(
    fracture: ProbabilityMap,
    image: HounsfieldImage | None,
    vertebra: VertebraCentre,
    up: FloatArray,
    level: str,
    core: float | None,
) -> str | None:
    """Why a vertebra is not evaluable; None if it is."""
    if vertebra.not_evaluable is not None:
        return vertebra.not_evaluable
    grid, shape = (fracture, fracture.shape) if image is None else (image, image.array.shape)
    if is_cut(grid, shape, vertebra.centre, up, level):
        return CUT
    return None if image is None or core is None else ct_problem(image, vertebra.centre, core)


def _scores(maps: Mapping[str, ProbabilityMap], points: FloatArray, rule: VertebraRule) -> dict[str, FloatArray]:
    """Score (n,) of each map in the cubes around the points, without a localisation error."""
    settings = ScoringSettings(sigma_per_side=rule.sigma_per_side)
    return {name: centre_scores(one, points, rule.cube_side, settings) for name, one in maps.items()}


def _reported(
    vertebra: VertebraCentre,
    name: LevelName,
    reason: str | None,
    scores: Mapping[str, float],
    core: float | None,
    contrast: bool,
    rule: VertebraRule,
) -> ReportedVertebra:
    is_named = vertebra.level is not None
    unknown = ReportedVertebra(
        centre=vertebra.centre,
        level=vertebra.level or name.level,
        level_probability=None if is_named else name.probability,
        position=None if is_named else name.position,
        not_evaluable=reason,
    )
    if reason is not None:
        return unknown
    score = scores[FRACTURE_NAME]
    warnings = [CONTRAST] if contrast else []
    if core is not None and core > DENSITY.dense:
        warnings.append(DENSE)
    return replace(
        unknown,
        score=score,
        fracture_probability=rule.fracture_probability(score),
        positive=score >= rule.probability_threshold,
        grade_probabilities=_grades(scores),
        heights=vertebra.heights,
        trabecular_hu=core,
        warnings=tuple(warnings),
    )


def _grades(scores: Mapping[str, float]) -> dict[str, float] | None:
    """Probability of each grade, given that there is a vertebra; None for a model without grades or without one."""
    vertebra = scores[FRACTURE_NAME] + scores[NORMAL_NAME]
    if not all(name in scores for name in FRACTURED_NAMES) or vertebra <= 0:
        return None
    fractured = {name: min(scores[name] / vertebra, 1.0) for name in FRACTURED_NAMES}
    return {NORMAL_NAME: max(0.0, 1.0 - sum(fractured.values())), **fractured}


def _with_losses(vertebrae: Sequence[ReportedVertebra]) -> tuple[ReportedVertebra, ...]:
    """The vertebrae with their loss of height against the nearest one above, or else below, that is not positive."""
    heights = [vertebra.heights for vertebra in vertebrae]
    losses = height_losses_down(heights, [vertebra.positive is not False for vertebra in vertebrae])
    return tuple(replace(vertebra, loss=loss) for vertebra, loss in zip(vertebrae, losses, strict=True))


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)

"""How a score of a vertebra becomes a decision and a probability: its operating point and its calibration.

Both belong to scores at one kind of centres. A score at the centre that a person marked is a little higher or lower
than one at the centre that was found in the maps, so neither is used for the other without saying so.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from dataset_conversion.spine.settings import settings
from evaluation.settings import PAPER_CUBE_SIDE, ScoringSettings
from evaluation.statistics.score_calibration import ScoreCalibration
from vf_nnunet.screening.operating_point import DEFAULT_NAME, LARGEST_THRESHOLD

CentreKind = Literal["own", "annotated"]
"""Centres that were found in the maps, or that came with the CT."""
DESCRIPTIONS: Mapping[str, str] = {"own": "located centres", "annotated": "given centres"}
NO_EVALUATION = "no evaluation of the model is known; expected --evaluation, or a .vf file that was exported with one"


@settings
class VertebraRule:
    """How a vertebra is scored and judged.

    Attributes:
        probability_threshold: A vertebra with this score or more is positive.
        source: Where the threshold comes from.
        cube_side: Side in mm of the cube around the centre in which the vertebra is scored.
        sigma_per_side: Standard deviation of the cube's weights, as a share of its side.
        calibration: From scores to probabilities; None if there is none for this kind of centres.
        calibration_source: Which scores it was fitted to, or why there is none.
    """

    probability_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    source: str = "default, not chosen by an evaluation"
    cube_side: Annotated[int, Field(ge=1)] = PAPER_CUBE_SIDE
    sigma_per_side: Annotated[float, Field(gt=0)] = ScoringSettings().sigma_per_side
    calibration: ScoreCalibration | None = None
    calibration_source: str = NO_EVALUATION

    def fracture_probability(self, score: float) -> float | None:
        """The probability of a fracture at a score; None without a calibration."""
        return None if self.calibration is None else self.calibration.probability(score)

    def to_json(self) -> dict[str, Any]:
        """The rule for `<case>.json`."""
        calibration = None if self.calibration is None else asdict(self.calibration)
        return {
            "operating_point": {
                "probability_threshold": self.probability_threshold,
                "cube_side": self.cube_side,
                "sigma_per_side": self.sigma_per_side,
                "source": self.source,
            },
            "calibration": calibration,
            "calibration_source": self.calibration_source,
        }


def choose_vertebra_rule(
    evaluated: Mapping[str, Any] | None,
    kind: CentreKind,
    name: str | None = None,
    probability_threshold: float | None = None,
) -> VertebraRule:
    """The rule for one kind of centres: the given threshold first, then the evaluation's, then the default.

    If the evaluation has no scores at this kind of centres, the threshold for the other kind is used, and the source
    says so. A calibration is not used for another kind of centres.

    Args:
        evaluated: By the kind of centres, as `evaluated_vertebrae` returns it; None if there is no evaluation.
        kind: The kind of centres that will be scored.
        name: Name of the operating point; None takes Youden's if there is one.
        probability_threshold: Replaces that of the point.
    """
    rule = _evaluated_rule(evaluated or {}, kind, name or DEFAULT_NAME)
    if probability_threshold is None:
        return rule
    return replace(rule, probability_threshold=probability_threshold, source="command line")


def _evaluated_rule(evaluated: Mapping[str, Any], kind: CentreKind, name: str) -> VertebraRule:
    if not evaluated:
        return VertebraRule()
    same = evaluated.get(kind)
    used = same or next(iter(evaluated.values()))
    calibration, fitted_to = _calibration(same, used, kind)
    rule = VertebraRule(
        cube_side=used["cube_side"],
        sigma_per_side=used["sigma_per_side"],
        calibration=calibration,
        calibration_source=fitted_to,
    )
    threshold = (used["operating_points"].get(name) or {}).get("probability_threshold")
    if not threshold:
        return replace(rule, source=f"default: the evaluation has no {name} point of vertebrae at {used['scores']}")
    source = f"{name} point of the model's evaluation, of scores at {used['scores']}"
    if same is None:
        source += f"; it has none at {DESCRIPTIONS[kind]}"
    return replace(rule, probability_threshold=min(float(threshold), LARGEST_THRESHOLD), source=source)


def _calibration(
    same: Mapping[str, Any] | None, used: Mapping[str, Any], kind: CentreKind
) -> tuple[ScoreCalibration | None, str]:
    """The calibration, and which scores it was fitted to or why there is none."""
    if same is None:
        return None, f"the evaluation has scores at {used['scores']} only; expected some at {DESCRIPTIONS[kind]}"
    if same["calibration"] is None:
        return None, f"the evaluation's scores at {same['scores']} do not rise with fractures, or a class is missing"
    calibration = ScoreCalibration(**same["calibration"])
    share = f"{calibration.positives} of {calibration.n} vertebrae fractured"
    return calibration, f"out-of-fold scores at {same['scores']}, {share}"

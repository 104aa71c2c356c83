"""Every number of an evaluation, in three parts: scoring, statistics and report.

`EvaluationSettings` joins the parts, so it can be given wherever one of them is needed. "Paper" is Nicolaes et al.
2019. Choices that it leaves open are documented here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dataset_conversion.spine.genant import FRACTURE_GRADES
from dataset_conversion.spine.settings import settings

ComponentCount = Literal["largest", "total"]
Connectivity = Literal[6, 18, 26]
LocalisationError = Literal["normal", "lognormal"]
CubeSide = int | Literal["auto"]
AucInterval = Literal["logit_t"]

PAPER_CUBE_SIDE = 10

Count = Annotated[int, Field(ge=0)]
Millimetres = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(gt=0, le=1)]


def _check_ascending(numbers: tuple[int, ...]) -> tuple[int, ...]:
    if not numbers or list(numbers) != sorted(set(numbers)):
        raise ValueError("one or more ascending numbers")
    return numbers


def _check_side(side: object) -> object:
    if side != "auto" and not (isinstance(side, int) and side >= 1):
        raise ValueError("a whole number of at least 1, or 'auto'")
    return side


Ascending = Annotated[tuple[Annotated[int, Field(ge=1)], ...], AfterValidator(_check_ascending)]
"""Whole numbers of at least 1, each larger than the one before it."""


@settings
class SharedSettings:
    """What scoring, statistics and report all need.

    Attributes:
        noise_thresholds: Family of noise thresholds, in voxels of 1 mm3, ascending. The paper (section 3.3) varies
            the noise threshold beside the probability threshold but does not give its values.
        reference_noise_threshold: The member of the family whose plain ROC is reported beside the hull. It is fixed in
            advance, so that its AUC is free of the optimism of a choice made on the cases that are measured.
        nested_folds: Number of patient groups for the nested AUC when the maps name no folds.
        seed: Seed of everything drawn at random.
    """

    noise_thresholds: Ascending = (1, 8, 27, 64, 125, 250, 500, 1000)
    reference_noise_threshold: int = 125
    nested_folds: Annotated[int, Field(ge=2)] = 5
    seed: Count = 2019

    @model_validator(mode="after")
    def _reference_is_in_the_family(self) -> SharedSettings:
        reference, family = self.reference_noise_threshold, self.noise_thresholds
        if reference not in family:
            raise ValueError(f"reference_noise_threshold is {reference}; expected one of noise_thresholds {family}")
        return self

    @property
    def reference_column(self) -> int:
        """Position of the reference among the noise thresholds."""
        return self.noise_thresholds.index(self.reference_noise_threshold)


@settings
class ScoringSettings(SharedSettings):
    """How maps and annotations become scores and findings.

    Attributes:
        fracture_grade: The lowest Genant grade that counts as a fracture.
        connectivity: Neighbours that join voxels into a component: 6, 18 or 26.
        count: What the noise threshold is compared with. "largest": the voxels of the largest component. "total": all
            voxels at or above the probability threshold, whichever component they belong to.
        probability_floor: Patients without any sufficient component at this probability score 0.
        cube_side: Side of the cube around a centroid, in samples 1 mm apart (paper: 10 voxels of 1 mm). "auto" chooses
            for each fold, among `cube_candidates`, the side with the largest AUC on the patients of the other folds.
        cube_candidates: The sides that "auto" tries, ascending: from a third of a vertebral body to more than one.
        sigma_per_side: Standard deviation of the cube's Gaussian weights as a share of its side; not in the paper.
        localisation_error: Distribution of the error added to each centroid. "normal": the paper's, with
            `localisation_noise`. "lognormal": a stress test, a distance with `localisation_distance` in a direction
            drawn at random.
        localisation_noise: Standard deviation in mm, per axis, of the "normal" error (paper: 3 mm; 0 for none).
        localisation_distance: Mean and standard deviation in mm of the distance of the "lognormal" error. Mader et al.
            report 6.2 and 16.2 mm for their automatic localisation. A spread so much wider than its mean comes from
            many small errors and a few gross ones, such as a neighbouring vertebra; hence the lognormal distribution.
        localisation_draws: How often that error is drawn anew for each vertebra.
        allow_unpaired: Leave out and list cases with only a map or only annotations, instead of refusing them.
        finding_threshold: Least probability of a voxel of a finding; at 0.5 a fracture is more likely than not.
        finding_noise_threshold: Least size of a finding, in voxels of 1 mm3; fixed in advance like the reference.
        hit_radius: Largest distance in mm between a finding's centre and the centroid of the fracture it hits. 15 mm
            stays within a lumbar body (depth 34 to 36 mm, height 23 to 25 mm, Panjabi et al. 1992) and falls short of
            the next centroid, 21 mm away at T1 and 34 mm at L3.
        identification_radius: Largest distance in mm between a located vertebra and the annotated one that it is
            matched with; VerSe's.
        near_radius: Largest distance in mm of a vertebra that is found precisely: within its body (height 14 to 24 mm,
            depth 19 to 36 mm, Panjabi et al. 1991 and 1992).
        edge_distance: A centroid nearer than this, in mm, to the map's upper or lower border counts as at the edge;
            the receptive field reaches 25 mm to either side.
    """

    fracture_grade: Annotated[int, Field(ge=FRACTURE_GRADES[0], le=FRACTURE_GRADES[-1])] = 1
    connectivity: Connectivity = 26
    count: ComponentCount = "largest"
    probability_floor: Annotated[float, Field(gt=0, lt=1)] = 0.001
    cube_side: Annotated[CubeSide, BeforeValidator(_check_side)] = PAPER_CUBE_SIDE
    cube_candidates: Ascending = (5, 8, 10, 12, 15, 20, 25, 30)
    sigma_per_side: Annotated[float, Field(gt=0)] = 0.25
    localisation_error: LocalisationError = "normal"
    localisation_noise: Annotated[float, Field(ge=0)] = 3.0
    localisation_distance: tuple[Millimetres, Millimetres] = (6.2, 16.2)
    localisation_draws: Annotated[int, Field(ge=1)] = 20
    allow_unpaired: bool = False
    finding_threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5
    finding_noise_threshold: Annotated[int, Field(ge=1)] = 125
    hit_radius: Millimetres = 15.0
    identification_radius: Millimetres = 20.0
    near_radius: Millimetres = 10.0
    edge_distance: Annotated[float, Field(ge=0)] = 30.0

    @property
    def sides(self) -> tuple[int, ...]:
        """The sides of the cube with which every vertebra is scored: the candidates, or the given one."""
        return self.cube_candidates if self.cube_side == "auto" else (self.cube_side,)


@settings
class StatisticsSettings(SharedSettings):
    """How scores become curves, intervals and operating points.

    Attributes:
        bootstrap_replicates: Number of bootstrap samples (paper: 1000).
        auc_interval: The method of the intervals of AUCs, so that a summary names it. "logit_t": the variance over
            patients on the logit scale with Student's t (`statistics/auc_interval.py`).
        target_sensitivity: Least sensitivity of the second operating point.
        target_specificity: Least specificity of the third operating point (paper: 0.938).
        calibration_groups: Number of groups of the reliability diagram.
    """

    bootstrap_replicates: Annotated[int, Field(ge=2)] = 1000
    auc_interval: AucInterval = "logit_t"
    target_sensitivity: Rate = 0.95
    target_specificity: Rate = 0.938
    calibration_groups: Annotated[int, Field(ge=2)] = 8


@settings
class ReportSettings(SharedSettings):
    """What the report shows besides numbers and curves.

    Attributes:
        overlay_cases: Largest number of patients shown as pictures when CT images are given.
        error_pictures: Largest number of misclassified vertebrae shown as pictures, the worst of either kind in turn.
        viewer_cases: Largest number of patients in the interactive viewer, when CT images are given.
        viewer_megabytes: Largest size of all the viewer's volumes in the report, in MB of 10^6 bytes.
        note: A sentence to print at the top of the report.
    """

    overlay_cases: Count = 6
    error_pictures: Count = 60
    viewer_cases: Count = 3
    viewer_megabytes: Annotated[float, Field(ge=0)] = 20.0
    note: str = ""


@settings
class EvaluationSettings(ReportSettings, StatisticsSettings, ScoringSettings):
    """All settings of an evaluation; `summary.json` lists them."""

"""Every number of an evaluation, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import FRACTURE_GRADES

ComponentCount = Literal["largest", "total"]
Connectivity = Literal[6, 18, 26]
LocalisationError = Literal["normal", "lognormal"]
PAPER_CUBE_SIDE = 10


@dataclass(frozen=True)
class EvaluationSettings:
    """How a cohort is scored. "Paper" is Nicolaes et al. 2019; what it leaves open is a documented choice here.

    Attributes:
        fracture_grade: The lowest Genant grade that counts as a fracture.
        noise_thresholds: Family of noise thresholds, in voxels of 1 mm3, ascending. The paper (section 3.3) varies
            the noise threshold beside the probability threshold but does not give its values.
        reference_noise_threshold: The member of the family whose plain ROC is reported beside the hull. It is set
            beforehand, so that its AUC is free of the optimism of choosing on the cases that are measured.
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
        localisation_distance: Mean and standard deviation in mm of the distance of the "lognormal" error. 6.2 and 16.2
            mm are what Mader et al. report for their automatic localisation. A spread so much wider than its mean is
            that of many small errors and a few gross ones, such as a neighbouring vertebra, hence the lognormal.
        localisation_draws: How often that error is drawn anew for each vertebra.
        bootstrap_replicates: Number of bootstrap samples (paper: 1000).
        nested_folds: Number of patient groups for the nested AUC when the maps name no folds.
        target_sensitivity: Least sensitivity of the second operating point.
        target_specificity: Least specificity of the third operating point (paper: 0.938).
        overlay_cases: Largest number of patients shown as pictures when CT images are given.
        allow_unpaired: Leave out and list cases with only a map or only annotations, instead of refusing them.
        seed: Seed of everything drawn at random.
        note: A sentence to print at the top of the report.
        finding_threshold: Least probability of a voxel of a finding; at 0.5 a fracture is more likely than not.
        finding_noise_threshold: Least size of a finding, in voxels of 1 mm3; set beforehand as the reference is.
        hit_radius: Largest distance in mm between a finding's centre and the centroid of the fracture it hits. 15 mm
            stays within a lumbar body (depth 34 to 36 mm, height 23 to 25 mm, Panjabi et al. 1992) and falls short of
            the next centroid, 21 mm away at T1 and 34 mm at L3.
        edge_distance: A centroid nearer than this, in mm, to the map's upper or lower border counts as at the edge;
            the receptive field reaches 25 mm to either side.
        calibration_groups: Number of groups of the reliability diagram.
        error_pictures: Largest number of errors shown as pictures, the worst of either kind in turn.
        viewer_cases: Largest number of patients in the interactive viewer, when CT images are given.
        viewer_megabytes: Largest size of all the viewer's volumes in the report, in MB of 10^6 bytes.
    """

    fracture_grade: int = 1
    noise_thresholds: tuple[int, ...] = (1, 8, 27, 64, 125, 250, 500, 1000)
    reference_noise_threshold: int = 125
    connectivity: Connectivity = 26
    count: ComponentCount = "largest"
    probability_floor: float = 0.001
    cube_side: int | Literal["auto"] = PAPER_CUBE_SIDE
    cube_candidates: tuple[int, ...] = (5, 8, 10, 12, 15, 20, 25, 30)
    sigma_per_side: float = 0.25
    localisation_error: LocalisationError = "normal"
    localisation_noise: float = 3.0
    localisation_distance: tuple[float, float] = (6.2, 16.2)
    localisation_draws: int = 20
    bootstrap_replicates: int = 1000
    nested_folds: int = 5
    target_sensitivity: float = 0.95
    target_specificity: float = 0.938
    overlay_cases: int = 6
    allow_unpaired: bool = False
    seed: int = 2019
    note: str = ""
    finding_threshold: float = 0.5
    finding_noise_threshold: int = 125
    hit_radius: float = 15.0
    edge_distance: float = 30.0
    calibration_groups: int = 8
    error_pictures: int = 60
    viewer_cases: int = 3
    viewer_megabytes: float = 20.0

    def __post_init__(self) -> None:
        """Refuse settings that cannot be computed, all findings at once."""
        family = self.noise_thresholds
        checks = {
            "fracture_grade": (self.fracture_grade in FRACTURE_GRADES, f"one of {FRACTURE_GRADES}"),
            "noise_thresholds": (_ascend(family), "ascending numbers of at least 1"),
            "reference_noise_threshold": (self.reference_noise_threshold in family, f"one of {family}"),
            "connectivity": (self.connectivity in get_args(Connectivity), f"one of {get_args(Connectivity)}"),
            "count": (self.count in get_args(ComponentCount), f"one of {get_args(ComponentCount)}"),
            "probability_floor": (0 < self.probability_floor < 1, "a number between 0 and 1"),
            "cube_side": (_is_side(self.cube_side), "at least 1, or 'auto'"),
            "cube_candidates": (_ascend(self.cube_candidates), "ascending numbers of at least 1"),
            "sigma_per_side": (self.sigma_per_side > 0, "a positive number"),
            "localisation_error": (
                self.localisation_error in get_args(LocalisationError),
                f"one of {get_args(LocalisationError)}",
            ),
            "localisation_noise": (self.localisation_noise >= 0, "0 or more"),
            "localisation_distance": (min(self.localisation_distance) > 0, "a mean and a deviation above 0"),
            "localisation_draws": (self.localisation_draws >= 1, "at least 1"),
            "bootstrap_replicates": (self.bootstrap_replicates >= 2, "at least 2"),
            "nested_folds": (self.nested_folds >= 2, "at least 2"),
            "target_sensitivity": (0 < self.target_sensitivity <= 1, "a number above 0, up to 1"),
            "target_specificity": (0 < self.target_specificity <= 1, "a number above 0, up to 1"),
            "overlay_cases": (self.overlay_cases >= 0, "0 or more"),
            "seed": (self.seed >= 0, "0 or more"),
            "finding_threshold": (0 < self.finding_threshold < 1, "a number between 0 and 1"),
            "finding_noise_threshold": (self.finding_noise_threshold >= 1, "at least 1"),
            "hit_radius": (self.hit_radius > 0, "a positive number"),
            "edge_distance": (self.edge_distance >= 0, "0 or more"),
            "calibration_groups": (self.calibration_groups >= 2, "at least 2"),
            "error_pictures": (self.error_pictures >= 0, "0 or more"),
            "viewer_cases": (self.viewer_cases >= 0, "0 or more"),
            "viewer_megabytes": (self.viewer_megabytes >= 0, "0 or more"),
        }
        findings = [
            f"{name} is {getattr(self, name)!r}; wanted {wanted}"
            for name, (valid, wanted) in checks.items()
            if not valid
        ]
        if findings:
            raise InputError(findings)


def _ascend(numbers: tuple[int, ...]) -> bool:
    return bool(numbers) and min(numbers) >= 1 and list(numbers) == sorted(set(numbers))


def _is_side(side: int | str) -> bool:
    return side >= 1 if isinstance(side, int) else side == "auto"

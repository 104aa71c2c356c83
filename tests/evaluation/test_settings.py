from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.settings import EvaluationSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fracture_grade", 0),
        ("noise_thresholds", (8, 1)),
        ("noise_thresholds", ()),
        ("noise_thresholds", (0, 125)),
        ("reference_noise_threshold", 2),
        ("connectivity", 8),
        ("count", "mean"),
        ("probability_floor", 0.0),
        ("cube_side", 0),
        ("cube_side", "large"),
        ("cube_candidates", ()),
        ("cube_candidates", (10, 5)),
        ("localisation_error", "uniform"),
        ("localisation_distance", (6.2, 0.0)),
        ("target_specificity", 0.0),
        ("sigma_per_side", 0.0),
        ("localisation_noise", -1.0),
        ("localisation_draws", 0),
        ("bootstrap_replicates", 1),
        ("nested_folds", 1),
        ("target_sensitivity", 1.5),
        ("overlay_cases", -1),
        ("seed", -1),
        ("finding_threshold", 0.0),
        ("finding_noise_threshold", 0),
        ("hit_radius", 0.0),
        ("edge_distance", -1.0),
        ("calibration_groups", 1),
        ("error_pictures", -1),
        ("viewer_cases", -1),
        ("viewer_megabytes", -1.0),
    ],
)
def test_setting_that_cannot_be_computed_is_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"{name} is "):
        EvaluationSettings(**{name: value})


def test_all_findings_at_once() -> None:
    with pytest.raises(InputError) as caught:
        EvaluationSettings(cube_side=0, seed=-1)
    assert len(caught.value.problems) == 2

from dataclasses import asdict
from typing import Any

import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.settings import EvaluationSettings, ReportSettings, ScoringSettings, StatisticsSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fracture_grade", 0),
        ("fracture_grade", 4),
        ("noise_thresholds", (8, 1)),
        ("noise_thresholds", ()),
        ("noise_thresholds", (0, 125)),
        ("reference_noise_threshold", 2),
        ("connectivity", 8),
        ("count", "mean"),
        ("probability_floor", 0.0),
        ("probability_floor", 1.0),
        ("cube_side", 0),
        ("cube_side", 2.5),
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
        ("finding_threshold", 1.0),
        ("finding_noise_threshold", 0),
        ("hit_radius", 0.0),
        ("edge_distance", -1.0),
        ("calibration_groups", 1),
        ("error_pictures", -1),
        ("viewer_cases", -1),
        ("viewer_megabytes", -1.0),
    ],
)
def test_setting_out_of_its_limits_is_named(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^{name}(\.\d)? is "):
        EvaluationSettings(**{name: value})


def test_all_problems_at_once() -> None:
    with pytest.raises(InputError) as caught:
        EvaluationSettings(cube_side=0, seed=-1, noise_thresholds=(8, 8, 125))
    assert sorted(caught.value.problems) == [
        "cube_side is 0; expected a whole number of at least 1, or 'auto'",
        "noise_thresholds is (8, 8, 125); expected one or more ascending numbers",
        "seed is -1; expected greater than or equal to 0",
    ]


def test_reference_outside_the_family_is_explained() -> None:
    with pytest.raises(InputError) as caught:
        EvaluationSettings(noise_thresholds=(1, 8))
    assert caught.value.problems == ("reference_noise_threshold is 125; expected one of noise_thresholds (1, 8)",)


def test_reference_column_is_its_place_in_the_family() -> None:
    settings = EvaluationSettings(noise_thresholds=(1, 8, 27), reference_noise_threshold=8)
    assert settings.reference_column == 1


def test_every_part_can_be_given_the_whole() -> None:
    settings = EvaluationSettings(seed=7, cube_side="auto")
    assert all(isinstance(settings, part) for part in (ScoringSettings, StatisticsSettings, ReportSettings))
    assert asdict(settings) == {
        **asdict(ScoringSettings(seed=7, cube_side="auto")),
        **asdict(StatisticsSettings(seed=7)),
        **asdict(ReportSettings(seed=7)),
    }

"""The two presets."""

from dataset_conversion.phantom.cohort.presets import BODY, SPINE


def test_normal_vertebrae_of_small_crops_never_lose_a_fifth_and_those_of_bodies_may() -> None:
    for ratio in ("anterior_ratio", "middle_ratio"):
        assert getattr(SPINE.shape, ratio).low > 0.8
        assert getattr(BODY.shape, ratio).low < 0.75


def test_confounders_are_rarer_in_small_crops() -> None:
    assert SPINE.shape.node_chance < BODY.shape.node_chance
    assert SPINE.shape.osteophyte_chance < BODY.shape.osteophyte_chance


def test_bodies_are_scanned_by_three_scanners_up_to_the_papers_spacings() -> None:
    assert len(BODY.scanners) == 3
    assert max(scanner.in_plane_spacing[1] for scanner in BODY.scanners) == 0.92
    assert max(scanner.slice_spacing[1] for scanner in BODY.scanners) == 1.5

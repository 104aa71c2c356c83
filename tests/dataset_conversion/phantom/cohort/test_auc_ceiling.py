"""AUC of a reader who knows all heights."""

from collections.abc import Callable

import numpy as np
import pytest

from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.cohort.auc_ceiling import auc_ceiling, height_score
from dataset_conversion.phantom.cohort.case import CasePlan
from dataset_conversion.phantom.shapes.frames import frame_from_angles
from dataset_conversion.phantom.shapes.vertebral_body import BodyShape
from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.heights import Heights


@pytest.fixture
def body(shape: Callable[..., BodyShape]) -> Callable[..., Body]:
    """Make a body from heights given as shares of the mean of its level."""

    def make(level: str, anterior: float, middle: float, posterior: float) -> Body:
        size = body_size(level).height
        form = shape(heights=Heights(anterior * size, middle * size, posterior * size))
        return Body(level, np.zeros(3), frame_from_angles(0, 0, 0), form, form, None, (5.0, 5.0))

    return make


def test_the_largest_loss_counts(body: Callable[..., Body]) -> None:
    bodies = [
        body("T12", 0.7, 0.9, 1.0),
        body("L1", 0.95, 0.6, 1.0),
        body("L2", 0.66, 0.65, 0.7),
        body("L3", 1, 0.9, 1),
    ]
    assert height_score(bodies) == pytest.approx([0.3, 0.4, 0.3, 0.1])


def test_a_crush_beside_a_crush_is_detected_from_the_taller_neighbour(body: Callable[..., Body]) -> None:
    crushes = [body("L1", 0.9, 0.85, 1.0), body("L2", 0.55, 0.52, 0.6), body("L3", 0.5, 0.48, 0.5)]
    assert height_score(crushes)[1] == pytest.approx(0.4)


def test_a_single_body_is_compared_with_itself_only(body: Callable[..., Body]) -> None:
    assert height_score([body("L1", 0.45, 0.45, 0.5)]) == pytest.approx([0.1])


def test_heights_separate_the_fractures_of_small_crops(plans: list[CasePlan]) -> None:
    """No normal vertebra there has lost a fifth of its height, so the difficulty is only in seeing the heights."""
    vertebra_auc = auc_ceiling(plans[:40])["vertebra_auc"]
    assert vertebra_auc is not None
    assert vertebra_auc > 0.99


def test_without_both_classes_there_is_no_auc(plans: list[CasePlan]) -> None:
    negative = next(plan for plan in plans if not any(row.grade for row in plan.rows()))
    found = auc_ceiling([negative])
    assert found["patient_auc"] is None
    assert found["vertebra_auc"] is None

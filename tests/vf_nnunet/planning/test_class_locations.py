"""The drawn voxels are those that nnU-Net draws."""

import numpy as np
import pytest
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities.label_handling.label_handling import LabelManager

from vf_nnunet.planning.class_locations import Classes, class_locations, location_classes

CLASSES: list[Classes] = [[1, 2], [1, 2, (-1, 0, 1, 2)], [2, 7, (1, 7)], [7], [(7, 8)]]


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("shape", [(3, 4, 5), (60, 50, 40), (1, 200, 150)])
def test_equal_to_nnunet(classes: Classes, shape: tuple[int, int, int]) -> None:
    """Few voxels, of which all are drawn, and many; absent classes."""
    labels = np.random.default_rng(0).choice([-1, 0, 1, 2], shape, p=[0.1, 0.6, 0.1, 0.2]).astype(np.int16)
    expected = DefaultPreprocessor._sample_foreground_locations(
        labels[np.newaxis].astype(np.float32), [list(part) if isinstance(part, tuple) else part for part in classes]
    )
    found = class_locations(labels, classes)
    assert list(found) == list(expected)
    for part in found:
        np.testing.assert_array_equal(found[part], expected[part])
        assert type(found[part]) is type(expected[part])


def test_more_than_ten_thousand_are_drawn_of_a_large_class() -> None:
    labels = np.ones((10, 400, 300), dtype=np.int8)
    found = class_locations(labels, [1])[1]
    expected = DefaultPreprocessor._sample_foreground_locations(labels[np.newaxis].astype(np.float32), [1])[1]
    assert len(found) == 12_000
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "labels",
    [
        {"background": 0, "normal": 1, "fracture": 2},
        {"background": 0, "fracture": 1, "normal": 2, "ignore": 3},
    ],
)
def test_classes_are_nnunets(labels: dict[str, int]) -> None:
    manager = LabelManager(labels, None)
    expected = [*manager.foreground_labels]
    if manager.has_ignore_label:
        expected.append((-1, *manager.all_labels))
    assert location_classes(labels, "ignore") == expected

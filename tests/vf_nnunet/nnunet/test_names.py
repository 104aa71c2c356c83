"""The number of the network's outputs."""

import pytest

from vf_nnunet.nnunet.names import class_count


@pytest.mark.parametrize(
    ("labels", "classes"),
    [(("background", "normal", "fracture"), 3), (("background", "disc", "normal", "fracture", "ignore"), 4)],
)
def test_ignored_voxels_are_no_class(labels: tuple[str, ...], classes: int) -> None:
    assert class_count(labels) == classes
    assert class_count(dict.fromkeys(labels, 0)) == classes

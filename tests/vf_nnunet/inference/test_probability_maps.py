"""Maps on disk are the classes' probabilities on the whole CT's grid."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.maps.probability_map import read_probability_map
from evaluation.maps.quantisation import HALF_STEP
from vf_nnunet.inference.probability_grid import probability_grid
from vf_nnunet.inference.probability_maps import write_probability_maps


def test_each_class_in_its_place(tmp_path: Path) -> None:
    """Where the CT's border of zeros was cropped, the probability is 0."""
    grid = probability_grid(np.eye(4), (12, 10, 9), [(2, 12), (0, 10), (0, 9)], (10, 10, 9))
    probabilities = np.random.default_rng(0).random((3, 10, 10, 9)).astype(np.float32)
    write_probability_maps(tmp_path, "a", {"normal": probabilities[2], "fracture": probabilities[1]}, grid)
    assert {path.name for path in tmp_path.iterdir()} == {"a_fracture.nii.gz", "a_normal.nii.gz"}
    for name, label in (("fracture", 1), ("normal", 2)):
        found = read_probability_map(tmp_path / f"a_{name}.nii.gz")
        assert found.probability.shape == (12, 10, 9)
        assert not found.probability[:2].any()
        np.testing.assert_allclose(found.probability[2:], probabilities[label], atol=HALF_STEP * 1.01)
        np.testing.assert_allclose(found.affine, np.eye(4), atol=1e-6)


def test_a_map_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The maps are written at the same time; the other one is whole, and nothing else is left."""
    grid = probability_grid(np.eye(4), (4, 5, 6), [(0, 4), (0, 5), (0, 6)], (4, 5, 6))
    right = np.full((4, 5, 6), 0.5, np.float32)
    for broken, other in (("fracture", "normal"), ("normal", "fracture")):
        folder = tmp_path / broken
        folder.mkdir()
        with pytest.raises(InputError, match=rf"a_{broken}\.nii\.gz: values nan to nan; expected probabilities"):
            write_probability_maps(folder, "a", {broken: right * np.nan, other: right}, grid)
        assert [path.name for path in folder.iterdir()] == [f"a_{other}.nii.gz"]
        assert (read_probability_map(folder / f"a_{other}.nii.gz").probability > 0).all()

"""The prediction of a fold: segmentations, probability maps and nnU-Net's summary."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from evaluation.maps.probability_map import read_probability_map
from tests.vf_nnunet.models import BrightnessBackend, probed_model, tiny_model
from tests.vf_nnunet.tiny_training import CONFIGURATION, plans_of
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.training.validation import Plans, grid_of_properties, predict_cases

SHAPE = (10, 9, 8)
"""Voxels (z, y, x) of the image; its first two slices were zero and are cropped."""
AFFINE = np.array([[-1.0, 0, 0, 30], [0, -1, 0, 40], [0, 0, 1, -50], [0, 0, 0, 1]])
"""RAS mm, of an image with LPS axes."""
PROPERTIES: dict[str, Any] = {
    "nibabel_stuff": {"original_affine": AFFINE, "reoriented_affine": AFFINE},
    "spacing": [1.0, 1.0, 1.0],
    "shape_before_cropping": SHAPE,
    "bbox_used_for_cropping": [[2, 10], [0, 9], [0, 8]],
    "shape_after_cropping_and_before_resampling": (8, 9, 8),
}


class Cases:
    """Two preprocessed cases in memory, as nnU-Net's dataset gives them: dark, with a bright cube at (3, 4, 2)."""

    identifiers: tuple[str, ...] = ("a", "b")

    def load_case(self, case: str) -> tuple[Any, None, None, dict[str, Any]]:
        image = np.full((1, 8, 9, 8), -3, np.float32)
        image[0, 3:6, 4:6, 2:5] = 9 if case == "a" else 4
        return image, None, None, PROPERTIES


@pytest.fixture
def plans() -> Plans:
    manager = PlansManager(plans_of())
    labels = {"background": 0, "normal": 1, "fracture": 2}
    return Plans(manager, manager.get_configuration(CONFIGURATION), {"labels": labels, "file_ending": ".nii.gz"})


@pytest.fixture
def folder(plans: Plans, tmp_path: Path) -> Path:
    """What is written of the two cases."""
    predict_cases(Cases(), BrightnessBackend(tiny_model().ensemble), plans, tmp_path / "validation")
    return tmp_path / "validation"


def array(path: Path) -> np.ndarray:
    """Of an image file, (z, y, x)."""
    return np.asarray(nibabel.load(path).dataobj).T


def test_each_case_has_a_segmentation_and_two_maps(folder: Path) -> None:
    assert {path.name for path in folder.iterdir() if path.is_file()} == {"a.nii.gz", "b.nii.gz"}
    assert {path.name for path in (folder / "probability_maps").iterdir()} == {
        f"{case}_{name}.nii.gz" for case in "ab" for name in ("fracture", "normal")
    }


def test_maps_and_segmentations_lie_on_the_whole_image(folder: Path) -> None:
    cube = np.zeros(SHAPE, bool)
    cube[5:8, 4:6, 2:5] = True
    for case, logit in (("a", 6), ("b", 1)):
        found = read_probability_map(folder / "probability_maps" / f"{case}_fracture.nii.gz")
        assert found.probability.shape == SHAPE
        np.testing.assert_allclose(found.probability[cube], 1 / (1 + np.exp(-logit)), atol=1e-5)
        assert found.probability[~cube].max() < 0.01
        np.testing.assert_allclose(found.affine, np.diag([-1, -1, 1, 1]) @ AFFINE, atol=1e-5)
        segmentation = folder / f"{case}.nii.gz"
        np.testing.assert_array_equal(array(segmentation), np.where(cube, 2, 0))
        np.testing.assert_allclose(nibabel.load(segmentation).affine, AFFINE)


def test_softmax_files_and_log_lines(plans: Plans, tmp_path: Path) -> None:
    logged: list[str] = []
    backend = BrightnessBackend(tiny_model().ensemble)
    predict_cases(Cases(), backend, plans, tmp_path, save_probabilities=True, log=logged.append)
    assert logged == ["predicting a", "predicting b"]
    for case in "ab":
        softmax = np.load(tmp_path / f"{case}.npz")["probabilities"]
        np.testing.assert_allclose(softmax.sum(axis=0), 1, atol=1e-5)
        np.testing.assert_array_equal(softmax.argmax(axis=0), array(tmp_path / f"{case}.nii.gz"))


def test_the_grid_is_that_of_the_uncropped_image() -> None:
    grid = grid_of_properties(PROPERTIES, (8, 9, 8))
    np.testing.assert_allclose(grid.affine, np.diag([-1, -1, 1, 1]) @ AFFINE)
    assert grid.padding == ((2, 0), (0, 0), (0, 0))


class CountingBackend(BrightnessBackend):
    """Counts the voxels that it computes."""

    computed = 0

    def probabilities(self, block: FloatArray) -> FloatArray:
        result = super().probabilities(block)
        self.computed += result[0].size
        return result


class LargeCases(Cases):
    """One case of 60 voxels on each axis, so that most of it lies far from the cube."""

    identifiers = ("a",)

    def load_case(self, case: str) -> tuple[Any, None, None, dict[str, Any]]:
        image = np.full((1, 60, 60, 60), -3, np.float32)
        image[0, 24:33, 24:33, 24:33] = 9
        shape = image.shape[1:]
        whole = {"shape_before_cropping": shape, "shape_after_cropping_and_before_resampling": shape}
        return image, None, None, {**PROPERTIES, **whole, "bbox_used_for_cropping": [[0, 60]] * 3}


def test_only_what_the_probe_keeps_is_computed(plans: Plans, tmp_path: Path) -> None:
    probed, everywhere = CountingBackend(probed_model().ensemble), CountingBackend(tiny_model().ensemble)
    for backend, name in ((probed, "probed"), (everywhere, "everywhere")):
        predict_cases(LargeCases(), backend, plans, tmp_path / name)
    assert probed.computed < everywhere.computed / 3
    for file in ("a.nii.gz", "probability_maps/a_fracture.nii.gz"):
        found, expected = (array(tmp_path / name / file) for name in ("probed", "everywhere"))
        kept = expected > 0.05 * expected.max()
        assert kept.sum() == 729
        np.testing.assert_array_equal(found[kept], expected[kept])


def test_a_warning_of_the_region_is_logged(plans: Plans, tmp_path: Path) -> None:
    class Dark(Cases):
        def load_case(self, case: str) -> tuple[Any, None, None, dict[str, Any]]:
            return np.full((1, 8, 9, 8), -3, np.float32), None, None, PROPERTIES

    logged: list[str] = []
    predict_cases(Dark(), BrightnessBackend(probed_model().ensemble), plans, tmp_path, log=logged.append)
    assert any(line.startswith("WARNING: b: no place was found where a vertebra can be") for line in logged)


def interrupted(plans: Plans, folder: Path) -> None:
    """A prediction that ended in its second case."""

    def log(line: str) -> None:
        if line == "predicting b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_cases(Cases(), BrightnessBackend(tiny_model().ensemble), plans, folder, log=log)


def test_an_interrupted_prediction_goes_on(plans: Plans, folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    interrupted(plans, again)
    (again / "b.nii.gz").write_text("half a file")
    first = (again / "a.nii.gz").stat().st_mtime_ns
    logged: list[str] = []
    predict_cases(Cases(), BrightnessBackend(tiny_model().ensemble), plans, again, log=logged.append)
    assert logged == ["a is already predicted", "predicting b"]
    assert (again / "a.nii.gz").stat().st_mtime_ns == first
    assert {path.name for path in again.rglob("*")} == {path.name for path in folder.rglob("*")}
    np.testing.assert_array_equal(array(again / "b.nii.gz"), array(folder / "b.nii.gz"))


@pytest.mark.parametrize("change", ["folds", "probe", "softmax files", "record"])
def test_a_prediction_by_something_else_begins_anew(plans: Plans, tmp_path: Path, change: str) -> None:
    interrupted(plans, tmp_path)
    if change == "record":
        (tmp_path / "predicted.json").write_text("{")
    model = {"folds": tiny_model(("0",)), "probe": probed_model()}.get(change, tiny_model())
    logged: list[str] = []
    backend, softmax = BrightnessBackend(model.ensemble), change == "softmax files"
    predict_cases(Cases(), backend, plans, tmp_path, save_probabilities=softmax, log=logged.append)
    assert [line for line in logged if "WARNING" not in line] == ["predicting a", "predicting b"]

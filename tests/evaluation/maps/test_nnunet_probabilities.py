import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import RAS_TO_LPS
from evaluation.maps.nnunet_probabilities import fracture_labels, open_nnunet_probabilities, read_classes
from evaluation.maps.probability_map import read_probability_map
from evaluation.maps.quantisation import quantise

AFFINE = np.array([[0.9, 0, 0, -3], [0, -1, 0, 5], [0, 0, 2, -7], [0, 0, 0, 1]])


def save(
    folder: Path, probabilities: np.ndarray, shape: tuple[int, ...] = (3, 4, 5), key: str = "probabilities"
) -> Path:
    """What nnU-Net writes: the array, and a segmentation of the given shape (z, y, x)."""
    nibabel.save(nibabel.Nifti1Image(np.zeros(shape[::-1], dtype=np.uint8), RAS_TO_LPS @ AFFINE), folder / "a.nii.gz")
    arrays: dict[str, Any] = {key: probabilities}
    np.savez_compressed(folder / "a.npz", **arrays)
    return folder / "a.npz"


@pytest.fixture
def probabilities() -> np.ndarray:
    drawn = np.random.default_rng(0).random((3, 3, 4, 5))
    return np.asarray(drawn / drawn.sum(axis=0), dtype=np.float32)


@pytest.mark.parametrize("label", [1, 2])
def test_class_and_geometry(tmp_path: Path, probabilities: np.ndarray, label: int) -> None:
    probability_map = read_probability_map(save(tmp_path, probabilities), (label,))
    np.testing.assert_array_equal(probability_map.quantised, quantise(probabilities[label]))
    assert probability_map.quantised.dtype == np.uint16
    np.testing.assert_allclose(probability_map.affine, AFFINE, atol=1e-6)


def test_half_precision_is_read(tmp_path: Path, probabilities: np.ndarray) -> None:
    probability_map = read_probability_map(save(tmp_path, probabilities.astype(np.float16)))
    np.testing.assert_allclose(probability_map.probability, probabilities[2], atol=1e-3)


@pytest.mark.parametrize(("shape", "label"), [((3, 4, 6), 2), ((4, 3, 5), 2), ((3, 4, 5), 3)])
def test_other_grid_or_class_is_refused(
    tmp_path: Path, probabilities: np.ndarray, shape: tuple[int, ...], label: int
) -> None:
    with pytest.raises(InputError, match=rf"a.npz: .*\(3, 3, 4, 5\); expected .*class 1, {label}"):
        open_nnunet_probabilities(save(tmp_path, probabilities, shape), (1, label))


def test_missing_segmentation_array_or_file_is_named(tmp_path: Path, probabilities: np.ndarray) -> None:
    path = save(tmp_path, probabilities, key="softmax")
    with pytest.raises(InputError, match=r"expected an \.npz file with probabilities"):
        open_nnunet_probabilities(path, (2,))
    (tmp_path / "a.nii.gz").unlink()
    with pytest.raises(InputError, match=r"a\.nii\.gz: missing"):
        open_nnunet_probabilities(path, (2,))


def test_damaged_array_is_refused(tmp_path: Path, probabilities: np.ndarray) -> None:
    path = save(tmp_path, probabilities)
    content = bytearray(path.read_bytes())
    # Past the zip's and the array's headers, in the packed numbers.
    content[250:400] = bytes(150)
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match=r"a\.npz: (truncated or damaged|cannot be read)"):
        open_nnunet_probabilities(path, (2,)).read()
    path.write_bytes(b"not a zip")
    with pytest.raises(InputError, match=r"a\.npz: cannot be read"):
        open_nnunet_probabilities(path, (2,))


def test_nothing_is_unpickled(tmp_path: Path, probabilities: np.ndarray) -> None:
    path = save(tmp_path, np.full((3, 3, 4, 5), None, dtype=object))
    with pytest.raises(InputError, match=r"a\.npz"):
        open_nnunet_probabilities(path, (2,)).read()


def test_values_are_checked(tmp_path: Path, probabilities: np.ndarray) -> None:
    probabilities[2, 1, 1, 1] = np.nan
    with pytest.raises(InputError, match="expected probabilities from 0 to 1"):
        read_probability_map(save(tmp_path, probabilities))


def test_label_comes_from_the_dataset(tmp_path: Path) -> None:
    path = tmp_path / "dataset.json"
    assert fracture_labels(path) == (2,)
    path.write_text(json.dumps({"labels": {"background": 0, "fracture": 1, "normal": 2}}))
    assert fracture_labels(path) == (1,)


GRADES = {"background": 0, "normal": 1, "mild": 4, "moderate": 3, "severe": 2}


def test_several_classes_are_summed_up(tmp_path: Path, probabilities: np.ndarray) -> None:
    found = read_probability_map(save(tmp_path, probabilities), (1, 2))
    np.testing.assert_array_equal(found.quantised, quantise(probabilities[1] + probabilities[2]))


def test_grades_from_the_lowest_fracture_grade_on_are_fractures(tmp_path: Path) -> None:
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps({"labels": GRADES}))
    assert fracture_labels(path) == (4, 3, 2)
    assert fracture_labels(path, 3) == (2,)
    path.write_text(json.dumps({"labels": GRADES, "fracture_grade": 2}))
    assert fracture_labels(path) == (3, 2)
    assert fracture_labels(path, 1) == (4, 3, 2)
    classes = read_classes(path)
    assert classes is not None
    assert classes.maps["normal"] == (1, 4)


@pytest.mark.parametrize("labels", [{"background": 0, "normal": 1, "fracture": 2}, {"background": 0, "tumour": 1}])
def test_other_datasets_have_no_grades(tmp_path: Path, labels: dict[str, int]) -> None:
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": labels}))
    assert read_classes(tmp_path / "dataset.json") is None
    assert read_classes(tmp_path / "absent.json") is None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"labels": {"background": 0, "tumour": 1}}',
        '{"labels": {"fracture": [1, 2]}}',
        '{"labels": {"normal": 1, "mild": 2, "severe": 3}}',
        '{"labels": {"normal": 1, "mild": 2, "moderate": 3, "severe": 4}, "fracture_grade": 4}',
    ],
)
def test_dataset_without_a_fracture_label_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(InputError, match=r"dataset\.json"):
        fracture_labels(tmp_path / "dataset.json")

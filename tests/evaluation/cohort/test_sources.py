from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.cohort.sources import CaseMap, find_maps, find_maps_in_folder, find_maps_in_model


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_folder_gives_cases_without_fold(tmp_path: Path) -> None:
    b, a = touch(tmp_path / "b_1_fracture.nii.gz"), touch(tmp_path / "a_fracture.nii.gz")
    touch(tmp_path / "a_normal.nii.gz")
    touch(tmp_path / ".123-c_fracture.nii.gz")
    assert find_maps_in_folder(tmp_path) == [CaseMap("a", a), CaseMap("b_1", b)]


def test_empty_and_missing_folder_are_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match=str(folder)):
            find_maps_in_folder(folder)


def test_model_gives_the_fold_of_each_case(tmp_path: Path) -> None:
    paths = [
        touch(tmp_path / f"fold_{k}" / "validation" / "probability_maps" / f"case{k}_fracture.nii.gz")
        for k in (0, 1, 10)
    ]
    (tmp_path / "fold_all").mkdir()
    expected = [CaseMap(f"case{k}", path, k) for k, path in zip((0, 1, 10), paths, strict=True)]
    assert find_maps_in_model(tmp_path) == expected
    assert find_maps_in_model(tmp_path, [1]) == expected[1:2]


def test_every_missing_fold_is_named_with_what_to_run(tmp_path: Path) -> None:
    touch(tmp_path / "fold_0" / "validation" / "probability_maps" / "a_fracture.nii.gz")
    (tmp_path / "fold_1").mkdir()
    with pytest.raises(InputError) as caught:
        find_maps_in_model(tmp_path, [0, 1, 2])
    assert len(caught.value.problems) == 2
    assert "vf_nnunet train -f 1" in caught.value.problems[0]
    assert "fold_2" in caught.value.problems[1]
    with pytest.raises(InputError, match="fold 1"):
        find_maps_in_model(tmp_path)


def test_untrained_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="vf_nnunet train"):
        find_maps_in_model(tmp_path)


def test_nnunets_own_probabilities_are_found_with_the_label_of_the_dataset(tmp_path: Path) -> None:
    array = touch(tmp_path / "fold_0" / "validation" / "a.npz")
    touch(tmp_path / "fold_0" / "validation" / "a.nii.gz")
    (tmp_path / "dataset.json").write_text('{"labels": {"background": 0, "fracture": 1}}')
    assert find_maps_in_model(tmp_path) == [CaseMap("a", array, 0, (1,))]
    assert find_maps_in_folder(array.parent) == [CaseMap("a", array, None, (2,))]


def test_maps_of_the_plugin_are_preferred_to_nnunets(tmp_path: Path) -> None:
    touch(tmp_path / "fold_0" / "validation" / "a.npz")
    own = touch(tmp_path / "fold_0" / "validation" / "probability_maps" / "a_fracture.nii.gz")
    assert find_maps_in_model(tmp_path) == [CaseMap("a", own, 0)]


def test_model_and_folder_are_distinguished(tmp_path: Path) -> None:
    plain = touch(tmp_path / "predictions" / "a_fracture.nii.gz")
    own = touch(tmp_path / "model" / "fold_3" / "validation" / "probability_maps" / "a_fracture.nii.gz")
    assert find_maps(tmp_path / "predictions") == [CaseMap("a", plain)]
    assert find_maps(tmp_path / "model", [3]) == [CaseMap("a", own, 3)]


def test_endings_in_upper_case(tmp_path: Path) -> None:
    nifti, array = touch(tmp_path / "a_fracture.NII.GZ"), touch(tmp_path / "b.NPZ")
    assert find_maps_in_folder(tmp_path) == [CaseMap("a", nifti), CaseMap("b", array)]

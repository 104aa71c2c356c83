"""CTs are found as files and in folders, in every format."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.masks import MaskError
from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.screening.conftest import save_ct, save_dicom
from vf_nnunet.screening.sources import FoundCases, find_cases


def shown(found: FoundCases) -> dict[str, str]:
    return {case: str(source) for case, source in found.paths.items()}


def test_every_kind_in_one_folder(tmp_path: Path, ct: np.ndarray) -> None:
    for name in ("a.nii.gz", "b_ct.nrrd", "c_0000.mha"):
        save_ct(tmp_path / name, ct)
    save_dicom(tmp_path / "d", ct)
    cases = find_cases(tmp_path).paths
    assert list(cases) == ["a", "b", "c", "d"]
    first = read_ct(cases["a"])
    for path in list(cases.values())[1:]:
        volume = read_ct(path)
        np.testing.assert_array_equal(volume.array, first.array)
        np.testing.assert_allclose(volume.affine, first.affine, atol=1e-4)
        assert not volume.warnings


def test_one_file_or_one_series(tmp_path: Path, ct: np.ndarray) -> None:
    save_ct(tmp_path / "a.mha", ct)
    assert find_cases(tmp_path / "a.mha").paths == {"a": tmp_path / "a.mha"}
    save_dicom(tmp_path / "series", ct)
    assert shown(find_cases(tmp_path / "series")) == {"series": str(tmp_path / "series")}


def test_any_name_can_be_predicted(tmp_path: Path, ct: np.ndarray) -> None:
    for name in ("Müller 1.nii.gz", "-b.mha"):
        save_ct(tmp_path / name, ct)
    assert find_cases(tmp_path).paths == {"M_ller_1": tmp_path / "Müller 1.nii.gz", "-b": tmp_path / "-b.mha"}
    assert list(find_cases(tmp_path / "Müller 1.nii.gz").paths) == ["M_ller_1"]


def test_equal_names_are_distinguished_by_their_folders(tmp_path: Path, ct: np.ndarray) -> None:
    for patient in ("patient A", "patientB"):
        (tmp_path / patient).mkdir()
        save_dicom(tmp_path / patient / "SERIES1", ct)
    save_dicom(tmp_path / "SERIES2", ct)
    assert shown(find_cases(tmp_path)) == {
        "SERIES2": str(tmp_path / "SERIES2"),
        "patientB_SERIES1": str(tmp_path / "patientB" / "SERIES1"),
        "patient_A_SERIES1": str(tmp_path / "patient A" / "SERIES1"),
    }


def test_two_of_one_name_in_one_folder(tmp_path: Path) -> None:
    for name in ("a.nii.gz", "a_ct.mha", "b.mha", "b.nii", "c.nii"):
        (tmp_path / name).touch()
    with pytest.raises(InputError) as error:
        find_cases(tmp_path)
    first, second = str(error.value).splitlines()
    assert first == f"{tmp_path / 'a_ct.mha'}: second image of case a after {tmp_path / 'a.nii.gz'}; expected one"
    assert "second image of case b" in second


def test_nothing_to_predict(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        find_cases(tmp_path / "nowhere.nii.gz")
    (tmp_path / "note.txt").write_text("no CT")
    with pytest.raises(InputError, match="not a CT image, or named as a mask; expected files ending in"):
        find_cases(tmp_path / "note.txt")
    with pytest.raises(InputError, match="no image found"):
        find_cases(tmp_path)


def test_masks_beside_a_ct_in_totalsegmentators_layout(tmp_path: Path, ct: np.ndarray) -> None:
    for subject in ("s0001", "s0002"):
        (tmp_path / subject / "segmentations").mkdir(parents=True)
        save_ct(tmp_path / subject / "ct.nii.gz", ct)
        save_ct(tmp_path / subject / "segmentations" / "vertebrae_L1.nii.gz", (ct > 0).astype(np.uint8))
    found = find_cases(tmp_path)
    assert found.paths == {subject: tmp_path / subject / "ct.nii.gz" for subject in ("s0001", "s0002")}
    assert [(item.path.name, item.reason) for item in found.passed_over] == [
        ("vertebrae_L1.nii.gz", "in a folder segmentations")
    ] * 2


def test_a_linked_ct_has_the_name_of_its_link(tmp_path: Path, ct: np.ndarray) -> None:
    for folder in ("store/x", "in/s1"):
        (tmp_path / folder).mkdir(parents=True)
        save_ct(tmp_path / folder / "ct.nii.gz", ct)
    (tmp_path / "in" / "s2").symlink_to(tmp_path / "store" / "x")
    assert list(find_cases(tmp_path / "in").paths) == ["s1", "s2"]


def test_two_images_of_one_folder_are_no_one_case(tmp_path: Path) -> None:
    (tmp_path / "s1").mkdir()
    for name in ("ct.nii.gz", "image.nii.gz"):
        (tmp_path / "s1" / name).touch()
    with pytest.raises(InputError, match="second image of case s1"):
        find_cases(tmp_path)


def test_a_mask_is_not_read_as_a_ct(tmp_path: Path, ct: np.ndarray) -> None:
    path = save_ct(tmp_path / "liver.nii.gz", (ct > 0).astype(np.uint8))
    with pytest.raises(MaskError, match=r"liver\.nii\.gz: values from 0 to 1, a mask"):
        read_ct(path)

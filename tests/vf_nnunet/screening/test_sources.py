"""CTs are found as files and in folders, in every format."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.screening.conftest import save_ct, save_dicom
from vf_nnunet.screening.sources import find_cases


def test_every_kind_in_one_folder(tmp_path: Path, ct: np.ndarray) -> None:
    for name in ("a.nii.gz", "b_ct.nrrd", "c_0000.mha"):
        save_ct(tmp_path / name, ct)
    save_dicom(tmp_path / "d", ct)
    cases = find_cases(tmp_path)
    assert list(cases) == ["a", "b", "c", "d"]
    first = read_ct(cases["a"])
    for path in list(cases.values())[1:]:
        volume = read_ct(path)
        np.testing.assert_array_equal(volume.array, first.array)
        np.testing.assert_allclose(volume.affine, first.affine, atol=1e-4)
        assert not volume.warnings


def test_one_file_or_one_series(tmp_path: Path, ct: np.ndarray) -> None:
    save_ct(tmp_path / "a.mha", ct)
    assert find_cases(tmp_path / "a.mha") == {"a": tmp_path / "a.mha"}
    save_dicom(tmp_path / "series", ct)
    assert find_cases(tmp_path / "series") == {"series": tmp_path / "series"}


def test_any_name_can_be_predicted(tmp_path: Path, ct: np.ndarray) -> None:
    for name in ("Müller 1.nii.gz", "-b.mha"):
        save_ct(tmp_path / name, ct)
    assert find_cases(tmp_path) == {"M_ller_1": tmp_path / "Müller 1.nii.gz", "-b": tmp_path / "-b.mha"}
    assert list(find_cases(tmp_path / "Müller 1.nii.gz")) == ["M_ller_1"]


def test_equal_names_are_distinguished_by_their_folders(tmp_path: Path, ct: np.ndarray) -> None:
    for patient in ("patient A", "patientB"):
        (tmp_path / patient).mkdir()
        save_dicom(tmp_path / patient / "SERIES1", ct)
    save_dicom(tmp_path / "SERIES2", ct)
    assert find_cases(tmp_path) == {
        "SERIES2": tmp_path / "SERIES2",
        "patientB_SERIES1": tmp_path / "patientB" / "SERIES1",
        "patient_A_SERIES1": tmp_path / "patient A" / "SERIES1",
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
    with pytest.raises(InputError, match="not a CT image; expected files ending in"):
        find_cases(tmp_path / "note.txt")
    with pytest.raises(InputError, match="no image found"):
        find_cases(tmp_path)

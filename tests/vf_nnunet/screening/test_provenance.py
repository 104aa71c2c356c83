"""The files of a CT, and the fingerprint of a result."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from tests.vf_nnunet.models import probed_model, tiny_model
from tests.vf_nnunet.screening.conftest import save_ct, save_dicom
from vf_nnunet.model.model import Model
from vf_nnunet.model.model_file import read_model_file, write_model_file
from vf_nnunet.screening.operating_point import OperatingPoint
from vf_nnunet.screening.provenance import CT, differences, files_of, fingerprint_of, is_of_files


@pytest.mark.parametrize("name", ["a.mhd", "a.nhdr"])
def test_voxels_beside_a_header_belong_to_the_ct(tmp_path: Path, ct: np.ndarray, model: Model, name: str) -> None:
    header = save_ct(tmp_path / name, ct)
    files = files_of(header)
    assert set(files) == {path.name for path in tmp_path.iterdir()}
    assert len(files) == 2
    result = {"fingerprint": fingerprint_of(header, model, None, False)}
    assert is_of_files(result, CT, files_of(header))
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(ct[::-1]), tmp_path / "b.mhd")
    voxels = next(path for path in files.values() if path != header)
    voxels.write_bytes(bytes(reversed(voxels.read_bytes())))
    assert not is_of_files(result, CT, files_of(header))


def test_every_file_beside_a_header_with_a_list(tmp_path: Path) -> None:
    header = tmp_path / "a.mhd"
    header.write_text("NDims = 3\nElementDataFile = LIST\n1.raw\n2.raw\n")
    for name in ("1.raw", "2.raw"):
        (tmp_path / name).touch()
    assert set(files_of(header)) == {"a.mhd", "1.raw", "2.raw"}


def test_a_slice_more_is_another_ct(tmp_path: Path, ct: np.ndarray, model: Model) -> None:
    folder = save_dicom(tmp_path / "a", ct)
    result = {"fingerprint": fingerprint_of(folder, model, None, False)}
    assert is_of_files(result, CT, files_of(folder))
    (folder / "039.dcm").unlink()
    assert is_of_files(result, CT, files_of(folder)) is False
    assert is_of_files({}, CT, files_of(folder)) is None


def test_a_model_file_has_the_fingerprint_of_its_folder(tmp_path: Path, ct: np.ndarray) -> None:
    source = save_ct(tmp_path / "a.nii.gz", ct)
    write_model_file(tmp_path / "model.vf", tiny_model())
    packed = read_model_file(tmp_path / "model.vf")
    expected = fingerprint_of(source, tiny_model(), -800.0, False)
    assert fingerprint_of(source, packed, -800.0, False) == expected
    assert fingerprint_of(source, tiny_model(("0",)), -800.0, False) != expected


def test_a_probe_matters_only_where_it_is_used(tmp_path: Path, ct: np.ndarray) -> None:
    source = save_ct(tmp_path / "a.nii.gz", ct)
    without, with_probe = tiny_model(), probed_model()
    assert fingerprint_of(source, without, None, True) == fingerprint_of(source, without, None, False)
    assert fingerprint_of(source, with_probe, None, True) != fingerprint_of(source, with_probe, None, False)
    result = {
        "model": {"name": with_probe.card.name, "dataset": with_probe.card.dataset, "folds": ["0", "1"]},
        "operating_point": {**OperatingPoint().to_json(), "connectivity": 26},
        "fingerprint": fingerprint_of(source, with_probe, None, True),
    }
    assert differences(result, with_probe, OperatingPoint(), None, True) == []
    assert differences(result, with_probe, OperatingPoint(), None, False) == ["everywhere True, now False"]

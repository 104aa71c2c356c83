"""DICOM objects by `predict --dicom` and `findings --dicom`: what is written, continued, and refused."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.vf_nnunet.dicom_results.series import axes, ct_slices, points_in, save, save_enhanced
from tests.vf_nnunet.models import BrightnessBackend, tiny_model
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.cli import main
from vf_nnunet.commands import dicom_result_options
from vf_nnunet.inference import open_backend
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.screening import batch

pytest.importorskip("highdicom", reason="highdicom is not installed")

from tests.vf_nnunet.dicom_results.test_masks import centre_of
from vf_nnunet.dicom_results.masks import FrameLabels
from vf_nnunet.dicom_results.source import SourceSeries


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_model_file(tmp_path / "model.vf", tiny_model())
    return tmp_path / "model.vf"


def slices(study: str) -> list[Dataset]:
    headers = ct_slices("oblique")
    for header in headers:
        header.StudyInstanceUID, header.SeriesInstanceUID = study, f"{study}.1"
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"{study}.2.{header.InstanceNumber}"
    return headers


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Two series, one without FrameOfReferenceUID."""
    save(tmp_path / "exports" / "whole", slices("1.2.9"))
    lacking = slices("1.2.8")
    for header in lacking:
        del header.FrameOfReferenceUID
    save(tmp_path / "exports" / "lacking", lacking)
    return tmp_path / "exports"


def predict(source: Path, output: Path, model: Path, *options: str) -> int:
    return main(["predict", "-i", str(source), "-o", str(output), "-m", str(model), "--dicom", *options])


def objects(output: Path) -> dict[str, set[str]]:
    """The objects by case."""
    return {folder.parent.name: {path.stem for path in folder.iterdir()} for folder in output.glob("*/dicom")}


def test_a_case_without_objects_keeps_its_result(
    exports: Path, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output"
    assert predict(exports, output, model) == 2
    results = {path.stem: json.loads(path.read_text()) for path in output.glob("*.json")}
    failed = results.pop("failed")
    (lacking,) = failed
    (whole,) = results.keys() - failed.keys()
    assert results.keys() == {whole, lacking}
    assert set(objects(output)) == {whole}
    assert {"report", "picture"} <= objects(output)[whole]
    assert "no FrameOfReferenceUID" in failed[lacking][0]
    error = capsys.readouterr().err.splitlines()[-1]
    assert "no FrameOfReferenceUID; expected it, for DICOM results to refer to it" in error

    # Continued, only what lacks is tried again, without the network.
    def refuse(*arguments: object) -> Sequence[str]:
        raise AssertionError(arguments)

    monkeypatch.setattr(batch, "screen_case", refuse)
    shutil.rmtree(output / whole)
    assert predict(exports, output, model, "--continue") == 2
    assert set(objects(output)) == {whole}
    assert set(json.loads((output / "failed.json").read_text())) == {lacking}


def test_objects_of_another_result_are_removed(exports: Path, tmp_path: Path, model: Path) -> None:
    output = tmp_path / "output"
    assert predict(exports / "whole", output, model) == 0
    (folder,) = output.glob("*/dicom")
    assert main(["predict", "-i", str(exports / "whole"), "-o", str(output), "-m", str(model)]) == 0
    assert not folder.exists()


@pytest.mark.parametrize("enhanced", [False, True])
def test_a_finding_lies_on_the_frames_that_show_it(
    tmp_path: Path, model: Path, enhanced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a tilted series, which is resampled for the network."""
    monkeypatch.setattr(open_backend, "open_backend", lambda ensemble, *options: BrightnessBackend(ensemble))
    ball = (17.0, 20.0, 11.5)
    (save_enhanced if enhanced else save)(tmp_path / "tilted", ct_slices("tilted", ball))
    assert predict(tmp_path / "tilted", tmp_path / "output", model, "--noise-threshold", "50") == 0
    (made,) = (tmp_path / "output").glob("*/dicom")
    segments = pydicom.dcmread(made / "findings.dcm")
    assert len(segments.SegmentSequence) == 1
    source = SourceSeries((segments,))
    drawn = FrameLabels(tuple(range(len(source.frames))), segments.pixel_array.reshape(-1, *source.size))
    np.testing.assert_allclose(centre_of(source, drawn, 1), points_in(axes("tilted"), ball)[0], atol=1.0)
    (result,) = (json.loads(path.read_text()) for path in (tmp_path / "output").glob("*.json"))
    np.testing.assert_allclose(centre_of(source, drawn, 1), result["findings"][0]["centre_lps_mm"], atol=0.5)


def test_findings_write_them_too(exports: Path, tmp_path: Path, model: Path) -> None:
    assert predict(exports / "whole", tmp_path / "maps", model) == 0
    options = ["-i", str(tmp_path / "maps"), "--images", str(exports / "whole"), "--dicom"]
    assert main(["findings", "-o", str(tmp_path / "output"), *options]) == 0
    (made,) = objects(tmp_path / "output").values()
    assert {"report", "picture"} <= made


def test_cts_that_are_not_dicom_are_refused_before_work(
    exports: Path, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0).integers(-900, 900, (40, 22, 24)).astype(np.int16)
    for name in ("a.nii.gz", "b.mha"):
        save_ct(exports / name, noise)
    assert predict(exports, tmp_path / "output", model) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1:3] for line in lines] == [
        [str(exports / name), "not DICOM; expected DICOM slices, which the results of --dicom refer to, or no --dicom"]
        for name in ("a.nii.gz", "b.mha")
    ]
    assert not (tmp_path / "output").exists()


def test_findings_need_the_cts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["findings", "-i", str(tmp_path), "-o", str(tmp_path / "output"), "--dicom"]) == 2
    assert "--dicom: DICOM objects refer to the CT; expected --images too" in capsys.readouterr().err


def test_without_highdicom_it_is_asked_for(
    exports: Path, tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dicom_result_options, "find_spec", lambda name: None)
    assert predict(exports, tmp_path / "output", model) == 2
    assert 'highdicom is not installed; expected pip install "vf_nnunet[dicom]"' in capsys.readouterr().err

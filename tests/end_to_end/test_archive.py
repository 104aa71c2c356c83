"""From a real archive and back to it: Orthanc on the loopback, which is also killed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
import trustme

from tests.orthanc import AE_TITLE, PASSWORD, USER, Orthanc, needs_orthanc, running_orthanc
from tests.vf_nnunet.dicom_studies import SLICES, report_of, save_report, save_study, study_uid
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.archive import attempts, credentials
from vf_nnunet.archive.dicomweb import open_dicomweb
from vf_nnunet.archive.sent_record import SENT
from vf_nnunet.archive.stow import DicomWebDestination
from vf_nnunet.cli import main
from vf_nnunet.model.model_file import write_model_file

pytestmark = needs_orthanc


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orthanc]:
    monkeypatch.setenv(credentials.USER, USER)
    monkeypatch.setenv(credentials.PASSWORD, PASSWORD)
    monkeypatch.setattr(attempts, "sleep", lambda seconds: None)
    with running_orthanc(tmp_path / "orthanc") as running:
        yield running


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.vf"
    write_model_file(path, tiny_model(("0",)))
    return path


def send(folder: Path, archive: Orthanc) -> int:
    return main(["store", str(folder), "--dicom", archive.address, "--called-ae", AE_TITLE, "--attempts", "2"])


def test_from_archive_to_archive(
    archive: Orthanc, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, save_study(tmp_path / "scanner", 1))}
    save_report(tmp_path / "scanner" / "report.dcm", 1)
    assert send(tmp_path / "scanner", archive) == 0

    output = tmp_path / "output"
    predict = ["predict", "-i", f"dicomweb:{archive.url}", "-o", str(output), "-m", str(model)]
    asked = ["--study", study_uid(1), study_uid(2)]
    assert main([*predict, *asked, "--dicom"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert [line for line in error if line.startswith("vf_nnunet predict: ")] == [
        f"vf_nnunet predict: {archive.url}: no study {study_uid(2)}; expected a StudyInstanceUID of this archive"
    ]
    assert list(json.loads((output / "failed.json").read_text())) == [study_uid(2)]
    received = list((output / "received").rglob("*.dcm"))
    assert len(received) == SLICES
    for path in received:
        one = pydicom.dcmread(path)
        assert one == sent[one.SOPInstanceUID]

    made = {path: pydicom.dcmread(path) for path in output.glob("*/dicom/*.dcm")}
    assert len(made) >= 3
    assert main(["store", str(output), "--dicomweb", archive.url]) == 0
    assert f"{len(made)} accepted, 0 refused" in capsys.readouterr().out
    client = open_dicomweb(archive.url)
    for one in made.values():
        found = client.search_for_instances(study_uid(1), one.SeriesInstanceUID)
        assert [one.SOPInstanceUID] in [answer["00080018"]["Value"] for answer in found]
        assert client.retrieve_instance(study_uid(1), one.SeriesInstanceUID, one.SOPInstanceUID) == one
    assert len(archive.instances()) == SLICES + 1 + len(made)

    assert main(["store", str(output), "--dicomweb", archive.url]) == 0
    assert f"0 accepted, {len(made)} accepted before" in capsys.readouterr().out
    assert main([*predict, "--study", study_uid(1), "--dicom", "--continue"]) == 0
    assert f"{SLICES} CT instances, 0 to retrieve" in capsys.readouterr().err


def kill_after(archive: Orthanc, count: int, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, before whose turn of that number the archive is killed."""
    calls = 0

    def counted(*values: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count + 1:
            archive.kill()
        return call(*values, **named)

    return counted


def test_an_archive_that_is_killed_while_results_go_to_it(
    archive: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        save_report(tmp_path / "results" / f"{number}.dcm", 1, str(number))
    store = ["store", str(tmp_path / "results"), "--dicomweb", archive.url, "--attempts", "2"]
    with monkeypatch.context() as patched:
        patched.setattr(DicomWebDestination, "send", kill_after(archive, 2, DicomWebDestination.send))
        assert main(store) == 2
    (line,) = (line for line in capsys.readouterr().err.splitlines() if line.startswith("vf_nnunet store: "))
    assert "2 of 5 objects are stored: run the command again to send the rest" in line
    archive.start()
    assert len(archive.instances()) == 2
    assert main(store) == 0
    assert "3 accepted, 2 accepted before, 0 refused" in capsys.readouterr().out
    assert len(archive.instances()) == 5
    lines = [json.loads(line) for line in (tmp_path / "results" / SENT).read_text().splitlines()]
    assert sorted(line["file"] for line in lines) == [f"{number}.dcm" for number in range(5)]


def test_an_archive_that_is_killed_while_a_study_comes_from_it(
    archive: Orthanc, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_study(tmp_path / "scanner", 1)
    assert send(tmp_path / "scanner", archive) == 0
    output = tmp_path / "output"
    predict = ["predict", "-i", f"dicomweb:{archive.url}", "-o", str(output), "-m", str(model), "--attempts", "2"]
    client = type(open_dicomweb(archive.url))
    with monkeypatch.context() as patched:
        patched.setattr(client, "retrieve_instance", kill_after(archive, 4, client.retrieve_instance))
        assert main([*predict, "--study", study_uid(1)]) == 2
    assert "run the command again to take the rest of study" in capsys.readouterr().err
    assert len(list((output / "received").rglob("*.dcm"))) == 4
    archive.start()
    assert main([*predict, "--study", study_uid(1)]) == 0
    assert f"{SLICES} CT instances, {SLICES - 4} to retrieve" in capsys.readouterr().err
    assert len(list(output.glob("*_fracture.nii.gz"))) == 1


def test_a_wrong_password(
    archive: Orthanc, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_report(tmp_path / "results" / "report.dcm", 1)
    monkeypatch.setenv(credentials.PASSWORD, "a wrong one")
    output = tmp_path / "output"
    for command in (
        ["store", str(tmp_path / "results"), "--dicomweb", archive.url],
        ["predict", "-i", f"dicomweb:{archive.url}", "--study", "1.2", "-o", str(output), "-m", str(model)],
    ):
        assert main(command) == 2
        error = capsys.readouterr().err
        assert error.count("401 Unauthorized: wrong or missing credentials") == 1
        assert len(error.splitlines()) == 1
        assert "a wrong one" not in error
    assert not output.exists()


def test_another_ae_title(archive: Orthanc, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report_of(1).save_as(tmp_path / "report.dcm", enforce_file_format=True)
    assert send(tmp_path, replace(archive, dicom_port=archive.http_port)) == 2
    assert "no answer" in capsys.readouterr().err
    assert main(["store", str(tmp_path), "--dicom", archive.address, "--called-ae", "OTHER"]) == 2
    assert "association rejected" in capsys.readouterr().err


def test_an_encrypted_connection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The archive wants a certificate of ours, too."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    for name in ("127.0.0.1", "reader.example"):
        issued = authority.issue_cert(name)
        issued.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.pem")
    settings = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(tmp_path / "127.0.0.1.pem"),
        "DicomTlsPrivateKey": str(tmp_path / "127.0.0.1.key"),
        "DicomTlsTrustedCertificates": str(tmp_path / "authority.pem"),
        "DicomTlsRemoteCertificateRequired": True,
    }
    save_report(tmp_path / "results" / "report.dcm", 1)
    ours = [
        "--tls-certificate",
        str(tmp_path / "reader.example.pem"),
        "--tls-key",
        str(tmp_path / "reader.example.key"),
    ]
    with running_orthanc(tmp_path / "orthanc", settings) as archive:
        store = ["store", str(tmp_path / "results"), "--dicom", archive.address, "--called-ae", AE_TITLE]
        store += ["--attempts", "1"]
        assert main(store) == 2
        assert main([*store, "--tls", *ours]) == 2
        assert "no encrypted connection (self-signed certificate" in capsys.readouterr().err
        assert main([*store, "--tls", "--tls-authority", str(tmp_path / "authority.pem"), *ours]) == 0
        assert len(archive.instances()) == 1

"""The command `store`: options, messages and exit codes. What an archive answers is in tests/vf_nnunet/archive."""

from pathlib import Path

import pytest

from tests.vf_nnunet.archive.stub_service import accepted, refused, stub_service
from tests.vf_nnunet.dicom_studies import report_of, save_report
from vf_nnunet.cli import main

URL = "https://archive.example/dicom-web"


def problems(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().err.splitlines()
    return [line.removeprefix("vf_nnunet store: ") for line in lines if line.startswith("vf_nnunet store: ")]


def test_a_refusal_is_named_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [save_report(tmp_path / f"{number}.dcm", number) for number in range(3)]
    uids = [report_of(number).SOPInstanceUID for number in range(3)]
    (tmp_path / "cut.dcm").write_bytes(paths[0].read_bytes()[:200])
    with stub_service(accepted(uids[0], 0xB000), refused(uids[1], 0x0122), accepted(uids[2])) as service:
        assert main(["store", str(tmp_path), "--dicomweb", service.url]) == 2
        out, error = capsys.readouterr()
        assert out == f"{service.url}: 2 accepted, 1 refused\n"
        lines = error.splitlines()
        assert f"warning: {paths[0]}: changed by the archive (0xB000)" in lines
        assert (
            f"vf_nnunet store: {paths[1]}: refused by {service.url}: kind of object (SOP class) not supported (0x0122)"
        ) in lines
        assert sum("cut.dcm" in line for line in lines) == 1
    (tmp_path / "cut.dcm").unlink()
    with stub_service(accepted(uids[1])) as again:
        again.url = service.url
        assert main(["store", str(tmp_path), "--dicomweb", service.url, "--attempts", "1"]) == 2
    assert "no answer" in problems(capsys)[0]


NODE = ["--dicom", "archive:104", "--called-ae", "ARCHIVE"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--dicomweb", "archive"], "archive: not a DICOMweb URL; expected one such as"),
        (["--dicomweb", URL, "--attempts", "0"], "attempts is 0"),
        (["--dicomweb", URL, "--called-ae", "A"], "--called-ae A: only for --dicom"),
        (["--dicom", "archive"], "--dicom archive: not an address; expected HOST:PORT"),
        (["--dicom", "archive:104"], "--dicom: expected --called-ae"),
        (["--dicom", "archive:104", "--called-ae", "A" * 17], "not an AE title"),
        (["--dicomweb", URL, "--tls"], "--tls: only for --dicom"),
        ([*NODE, "--tls-authority", "missing.pem"], "--tls-authority missing.pem: given without --tls"),
        ([*NODE, "--tls", "--tls-key", "missing.pem"], "--tls-key: given without --tls-certificate"),
        ([*NODE, "--tls", "--tls-authority", "missing.pem"], "--tls-authority missing.pem: cannot be read"),
        ([*NODE, "--tls", "--tls-certificate", "missing.pem"], "--tls-certificate missing.pem: cannot be read"),
    ],
)
def test_bad_options(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str) -> None:
    save_report(tmp_path / "report.dcm", 1)
    assert main(["store", str(tmp_path), *options]) == 2
    (line,) = problems(capsys)
    assert expected in line
    assert not (tmp_path / "stored.jsonl").exists()


def test_nothing_to_send(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", str(tmp_path), "--dicomweb", URL]) == 2
    assert problems(capsys) == [f"{tmp_path}: no DICOM object; expected results of predict --dicom"]
    assert main(["store", str(tmp_path / "missing"), "--dicomweb", URL]) == 2
    assert "no such folder" in problems(capsys)[0]

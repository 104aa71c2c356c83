"""Objects to send, and an archive that is not waited for."""

from pathlib import Path

import pytest

from tests.vf_nnunet.dicom_studies import save_report
from vf_nnunet.archive.credentials import PASSWORD, TOKEN, USER
from vf_nnunet.archive.objects import DicomObject, find_objects
from vf_nnunet.archive.settings import ConnectionSettings


@pytest.fixture
def at_once() -> ConnectionSettings:
    """Three attempts without waits."""
    return ConnectionSettings(attempts=3, first_wait=0.0, timeout=5.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three objects."""
    for number in range(3):
        save_report(tmp_path / "results" / f"case_{number}" / "dicom" / "report.dcm", number)
    return tmp_path / "results"


@pytest.fixture
def items(folder: Path) -> list[DicomObject]:
    return find_objects(folder)[0]


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither those of the environment nor those of a netrc file."""
    for name in (USER, PASSWORD, TOKEN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no_netrc"))

"""A real archive for tests: Orthanc with its DICOMweb plugin, on free ports of the loopback."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

PROGRAM = shutil.which("Orthanc")
PLUGINS = sorted(Path("/").glob("usr/lib*/orthanc/libOrthancDicomWeb.so*")) or sorted(
    Path("/usr/share/orthanc/plugins").glob("libOrthancDicomWeb.so*")
)
MISSING = [name for name, there in (("orthanc", PROGRAM), ("orthanc-dicomweb", PLUGINS)) if not there]
"""Debian packages that are not installed."""
needs_orthanc = pytest.mark.skipif(bool(MISSING), reason=f"needs Debian's {' and '.join(MISSING)}")

USER, PASSWORD = "reader", "correct horse"
AE_TITLE = "ORTHANC"


@dataclass
class Orthanc:
    """An archive in a folder, which outlives its process."""

    folder: Path
    http_port: int = field(default_factory=free_port)
    dicom_port: int = field(default_factory=free_port)
    settings: Mapping[str, Any] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.dicom_port}"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        configuration = {
            "Name": "test",
            "StorageDirectory": str(self.folder / "objects"),
            "IndexDirectory": str(self.folder / "index"),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "DicomAet": AE_TITLE,
            "DicomCheckCalledAet": True,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "Plugins": [str(PLUGINS[0])],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            **self.settings,
        }
        path = self.folder / "orthanc.json"
        path.write_text(json.dumps(configuration), encoding="utf-8")
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen([str(PROGRAM), str(path)], stdout=log, stderr=log)
        self._wait()

    def kill(self) -> None:
        """End the process as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def instances(self) -> Sequence[str]:
        return list(json.loads(self.get("/instances")))

    def get(self, path: str) -> bytes:
        """An answer of Orthanc's own interface."""
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        address = f"http://127.0.0.1:{self.http_port}"
        passwords.add_password(None, address, USER, PASSWORD)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
        with opener.open(address + path, timeout=20) as answer:
            return bytes(answer.read())

    def _wait(self) -> None:
        for _ in range(200):
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            try:
                self.get("/system")
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
        raise TimeoutError


@contextmanager
def running_orthanc(folder: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Orthanc]:
    """An archive with these settings beside the usual ones."""
    archive = Orthanc(folder, settings=settings or {})
    archive.start()
    try:
        yield archive
    finally:
        archive.kill()

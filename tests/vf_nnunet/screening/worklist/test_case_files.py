"""The files of a case beside the page."""

import base64
import json
from pathlib import Path

from PIL import Image

from evaluation.report.niivue import niivue_script
from tests.vf_nnunet.screening.worklist.results import result, write_files
from vf_nnunet.screening.worklist.case_files import CALL, CaseFiles, write_library


def test_a_script_hands_over_the_volumes(tmp_path: Path) -> None:
    write_files(tmp_path, result("a", [0.9]))
    files = CaseFiles(tmp_path, "a")
    script = files.volumes.read_text(encoding="ascii")
    content = json.loads(script.removeprefix(f"{CALL}(").removesuffix(");\n"))
    assert (content["case"], content["has_ct"]) == ("a", True)
    for name in ("ct", "probability"):
        assert base64.b64decode(content[name]).startswith(b"\x1f\x8b")
    Image.open(files.thumbnail).verify()
    assert base64.b64decode(files.thumbnail_base64() or "") == files.thumbnail.read_bytes()
    files.remove()
    assert not files.volumes.exists()
    assert files.thumbnail_base64() is None


def test_a_case_called_as_the_library_does_not_replace_it(tmp_path: Path) -> None:
    write_library(tmp_path)
    write_files(tmp_path, result("niivue", [0.9]))
    path = tmp_path / "worklist" / "niivue.js"
    assert path.read_text(encoding="utf-8") == niivue_script()


def test_the_library_is_written_once_and_mended(tmp_path: Path) -> None:
    write_library(tmp_path)
    path = tmp_path / "worklist" / "niivue.js"
    made = path.stat().st_mtime_ns
    write_library(tmp_path)
    assert path.stat().st_mtime_ns == made
    path.write_text("half", encoding="utf-8")
    write_library(tmp_path)
    assert path.read_text(encoding="utf-8") == niivue_script()

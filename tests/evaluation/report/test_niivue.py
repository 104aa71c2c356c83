"""The viewer's library and its licences."""

import gzip
import hashlib
import re
from importlib.resources import files

from evaluation.report.niivue import NIIVUE_VERSION, niivue_script


def test_viewer_library_is_the_one_its_note_names() -> None:
    assets = files("evaluation.report") / "assets" / "niivue"
    note = (assets / "README.md").read_text(encoding="utf-8")
    library = gzip.decompress((assets / "niivue.umd.js.gz").read_bytes())
    assert f"# niivue {NIIVUE_VERSION}\n" in note
    assert re.findall("`([0-9a-f]{64})`", note)[:1] == [hashlib.sha256(library).hexdigest()]
    assert (assets / "LICENSE").read_text(encoding="utf-8").startswith("BSD 2-Clause License")
    assert "gl-matrix" in (assets / "THIRD_PARTY_LICENSES.txt").read_text(encoding="utf-8")


def test_the_script_begins_with_the_licences() -> None:
    comment, _, code = niivue_script().partition("*/")
    assert comment.startswith(f"/*!\nniivue {NIIVUE_VERSION}")
    assert "BSD 2-Clause License" in comment
    assert "gl-matrix" in comment
    assert code.lstrip().startswith("(function")

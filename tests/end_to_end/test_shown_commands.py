"""What the documentation shows after training, run by a shell as it stands there, on the small cohort."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.conftest import Workspace
from tests.snippets import blocks


def shown(page: str, command: str) -> str:
    """The only shell block of a page with this command."""
    (text,) = (block.text for block in blocks("sh") if block.page == page and f"vf_nnunet {command} " in block.text)
    return text


def run(space: Workspace, script: str, folder: Path) -> str:
    """Run a script in a folder and give what it prints."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**space.environment, "PATH": path}
    result = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 0, f"{script}\n{result.stderr[-4000:]}"
    return result.stdout


def test_evaluation_prediction_and_export_as_shown(trained: Workspace, tmp_path: Path) -> None:
    """From the two variables on; two folds are trained here, and the dataset has another name."""
    block = shown("README.md", "evaluate").replace("701_Fractures", "711_Phantoms")
    script = block[block.index("RAW=") :].replace("vf_nnunet evaluate ", "vf_nnunet evaluate -f 0 1 ")
    image = min((trained.phantoms / "images").glob("*.nii.gz"))
    (tmp_path / "new_cts").mkdir()
    shutil.copy(image, tmp_path / "new_cts")
    printed = run(trained, script, tmp_path)
    counts, report = printed.splitlines()[:2]
    assert counts.startswith("rows: read ")
    assert counts.endswith("maps: read 4, used 4")
    assert report == f"report: {Path('evaluation') / 'report.html'}"
    assert (tmp_path / "evaluation" / "report.html").is_file()
    summary = json.loads((tmp_path / "evaluation" / "summary.json").read_text(encoding="utf-8"))
    assert summary["patient"]["n"] == 4
    case = image.name.removesuffix(".nii.gz")
    for suffix in ("_fracture.nii.gz", "_overlay.png", ".json"):
        assert (tmp_path / "predictions" / f"{case}{suffix}").is_file()
    share = shown("docs/own_data.md", "export").partition("vf_nnunet predict")[0]
    run(trained, f"MODEL={trained.model}\n{share}", tmp_path)
    assert (tmp_path / "ensemble.vf").is_file()

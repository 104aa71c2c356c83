"""What the documentation shows after training, run by a shell as it stands there, on the small cohort."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Workspace
from tests.snippets import blocks


def shown(page: str, command: str) -> str:
    """The only shell block of a page with this command."""
    (text,) = (block.text for block in blocks("sh") if block.page == page and f"vf_nnunet {command} " in block.text)
    return text


def run(space: Workspace, script: str, folder: Path) -> None:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**space.environment, "PATH": path}
    result = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 0, f"{script}\n{result.stderr[-4000:]}"


@pytest.mark.parametrize("page", ["README.md", "docs/own_data.md"])
def test_evaluation_and_prediction_as_shown(trained: Workspace, tmp_path: Path, page: str) -> None:
    """From the two variables on; two folds are trained here, and the dataset has another name."""
    block = shown(page, "evaluate").replace("701_Fractures", "711_Phantoms")
    script = block[block.index("RAW=") :].replace("vf_nnunet evaluate ", "vf_nnunet evaluate -f 0 1 ")
    image = min((trained.phantoms / "images").glob("*.nii.gz"))
    (tmp_path / "new_cts").mkdir()
    shutil.copy(image, tmp_path / "new_cts")
    run(trained, script, tmp_path)
    case = image.name.removesuffix(".nii.gz")
    made = [tmp_path / "predictions" / f"{case}{suffix}" for suffix in ("_fracture.nii.gz", "_overlay.png", ".json")]
    assert all(path.is_file() for path in (*made, tmp_path / "evaluation" / "report.html"))
    if page == "docs/own_data.md":
        run(trained, f"MODEL={trained.model}\n{shown(page, 'export')}", tmp_path)
        assert (tmp_path / "ensemble.vf").is_file()

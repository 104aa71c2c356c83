"""The Snakefile of the documentation: its commands are those of the command line, and Snakemake can plan it."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.snippets import ROOT
from vf_nnunet.cli import build_parser

SNAKEFILE = ROOT / "docs" / "workflow" / "Snakefile"
VALUES = {
    "INPUT": "cts",
    "OUTPUT": "predictions",
    "MODEL": "-m ensemble.vf",
    "wildcards.number": "00012",
    "threads": "1",
}


def commands() -> list[list[str]]:
    """The words of each command, without the variables of the environment before it."""
    texts = re.findall(r"shell:\n +\"(.+)\"", SNAKEFILE.read_text(encoding="utf-8"))
    filled = (re.sub(r"\{([\w.]+)\}", lambda found: VALUES[found[1]], text) for text in texts)
    return [[word for word in shlex.split(text) if not word.startswith("OMP_")] for text in filled]


def test_its_commands_exist() -> None:
    parsed = [build_parser().parse_args(words[1:]) for words in commands()]
    assert [one.command for one in parsed] == ["predict", "shard", "gather"]
    assert parsed[0].prepare
    assert parsed[1].numbers == [12]


def test_snakemake_plans_it(tmp_path: Path) -> None:
    snakemake = shutil.which("snakemake")
    if snakemake is None:
        pytest.skip("needs snakemake")
    command = [snakemake, "-s", str(SNAKEFILE), "--dry-run", "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "prepare" in done.stdout + done.stderr

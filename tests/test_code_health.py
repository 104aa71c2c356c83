"""The checks of `make check` are those of the pre-commit file, and the limit on complexity holds."""

import re
import subprocess
from pathlib import Path

import yaml

from tests.snippets import ROOT


def make_checks() -> list[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^check:.*\n((?:\t.+\n)+)", text, re.MULTILINE)
    assert found
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def test_commits_are_checked_as_make_check_does() -> None:
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = content["repos"]
    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == make_checks()


def test_complexity_fails_where_radon_finds_something(tmp_path: Path) -> None:
    script = ROOT / ".ci" / "complexity"
    for name, body, code in (("finds", "echo 'F 1:0 f - C (11)'", 1), ("nothing", "true", 0), ("broken", "exit 3", 3)):
        radon = tmp_path / name
        radon.write_text(f"#!/bin/sh\n{body}\n")
        radon.chmod(0o755)
        assert subprocess.run(["bash", script, radon], check=False, capture_output=True).returncode == code


def test_every_package_says_that_it_is_typed() -> None:
    for package in ("vf_nnunet", "evaluation", "dataset_conversion"):
        assert (ROOT / package / "py.typed").is_file()

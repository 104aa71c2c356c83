"""The whole experiment on a few small phantoms, stopped once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_it_continues_and_writes_its_tables(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.paper_experiment", "-o", str(tmp_path), "--cases", "10", "-f", "0"]
    command += ["--epochs", "2", "--iterations", "1", "--training", "validation_iterations=1", "dropout=0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    stopped = subprocess.run(
        [*command, "--hours", "0.001"], env=environment, capture_output=True, text=True, check=True
    )
    assert "stopped after 0.001 hours" in stopped.stderr
    subprocess.run(command, env=environment, check=True)
    tables = (tmp_path / "tables.md").read_text(encoding="utf-8")
    for title in ("Results", "Cohort", "Regime", "Folds", "Time", "Commands"):
        assert f"### {title}\n" in tables
    assert "| validation_iterations 1, dropout 0 |" in tables
    assert "| 0 | 2 | no |" in tables
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert not again.stderr.strip()

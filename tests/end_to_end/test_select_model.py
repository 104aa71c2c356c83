"""The paper's model selection by the real command, interrupted once."""

import csv
import json
import shutil

import pytest

from tests.end_to_end.conftest import DATASET, EPOCHS, Workspace

COMMAND = ("vf_nnunet", "select-model", "-d", str(DATASET))
CONFIGURATIONS = ["3d_fullres", "3d_5slices", "3d_1slice"]


@pytest.mark.slow
def test_table_and_picture_and_again(planned: Workspace) -> None:
    """The second run trains only the configuration that is missing; the five folds are left alone."""
    output = planned.root / "nnUNet_results" / planned.dataset / "model_selection"
    first = planned.run(*COMMAND, "-device", "cpu")
    table = (output / "model_selection.md").read_text(encoding="utf-8")
    assert table in first.stdout
    content = json.loads((output / "model_selection.json").read_text(encoding="utf-8"))
    assert [row["configuration"] for row in content["configurations"]] == CONFIGURATIONS
    parameters = [row["parameters"] for row in content["configurations"]]
    assert max(parameters) / min(parameters) < 1.01
    with (output / "model_selection.csv").open(encoding="utf-8") as stream:
        assert [row["configuration"] for row in csv.DictReader(stream)] == CONFIGURATIONS
    assert (output / "model_selection.png").stat().st_size > 10_000
    folds = sorted(output.glob("nnUNet_results/*/*/fold_0"))
    assert len(folds) == 3
    for fold in folds:
        (log,) = fold.glob("training_log_*.txt")
        assert log.read_text(encoding="utf-8").count("train loss") == EPOCHS
    kept, missing = folds[:2], folds[2]
    times = [(fold / "checkpoint_final.pth").stat().st_mtime_ns for fold in kept]
    shutil.rmtree(missing)
    second = planned.run(*COMMAND, "-device", "cpu")
    assert second.stdout.count("is finished") == 2
    assert [(fold / "checkpoint_final.pth").stat().st_mtime_ns for fold in kept] == times
    # Seeds make the missing configuration the same again.
    assert (output / "model_selection.md").read_text(encoding="utf-8") == table


def test_a_case_that_is_not_held_out(planned: Workspace) -> None:
    result = planned.run(*COMMAND, "--case", "nobody", code=2)
    assert result.stderr.startswith("vf_nnunet select-model: case nobody: not held out; expected one of phantom_")

"""Both networks trained for two batches, scored and timed; and the quick form."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import DATASET, Workspace
from tests.end_to_end.tiny_dataset import write_tiny_dataset

TINY = "713"
SHORT = (
    *("--default-epochs", "1", "--default-iterations", "2", "--default-gpu-memory", "2"),
    *("--resenc", "-device", "cpu"),
)
ARMS = ["vf_nnunet", "nnU-Net"]


@pytest.fixture(scope="module")
def tiny(workspace: Workspace) -> Workspace:
    """A dataset whose CTs hold two vertebrae each, planned for one epoch of one batch."""
    folder = workspace.root / "tiny"
    write_tiny_dataset(folder)
    workspace.run(
        *("vf_nnunet", "convert", "--images", str(folder / "images"), "-d", TINY, "--name", "Tiny"),
        *("--annotations", str(folder / "vertebrae.csv")),
    )
    workspace.run("vf_nnunet", "plan", "-d", TINY, "--epochs", "1", "--iterations", "1")
    (plans,) = (workspace.root / "nnUNet_preprocessed").glob("*_Tiny/nnUNetVFPlans.json")
    content = json.loads(plans.read_text(encoding="utf-8"))
    content["training"]["validation_iterations"] = 1
    plans.write_text(json.dumps(content))
    return workspace


def columns_of(folder: Path) -> dict[str, Any]:
    columns: dict[str, Any] = json.loads((folder / "benchmark.json").read_text(encoding="utf-8"))["columns"]
    return columns


@pytest.mark.slow
def test_the_whole_benchmark_and_again(tiny: Workspace) -> None:
    output, masks = tiny.root / "benchmark", tiny.root / "tiny" / "masks"
    command = (
        *("vf_nnunet", "benchmark", "-d", TINY, "-f", "0", "1", "--masks", str(masks), "-o", str(output)),
        *("--epochs", "1", "--iterations", "2", *SHORT),
    )
    first = tiny.run(*command)
    assert first.stdout == (output / "benchmark.md").read_text(encoding="utf-8")
    columns = columns_of(output)
    assert [name for name in columns if "patients" in columns[name]] == [*ARMS, "height rule"]
    for name in ARMS:
        training, prediction = columns[name]["training"], columns[name]["prediction"]
        assert (training["folds"], training["epochs_run_per_fold"], training["batches_per_epoch"]) == (2, 1, 2)
        assert training["seconds_per_fold"] > 0
        assert training["peak_gb"] > 0.33
        assert prediction["seconds"] > 0
        assert columns[name]["network"]["model_file_megabytes"] > 0.1
    assert {columns[name]["vertebrae"]["number"] for name in (*ARMS, "height rule")} == {8}
    assert columns["height rule"]["vertebrae"]["auc"] > 0.8
    assert columns["nnU-Net"]["prediction"]["seconds_with_mirroring"] > 0
    # Every computation of a network is timed, and those that compute alike are compared.
    timed = {name: column for name, column in columns.items() if "prediction" in column}
    assert {"vf_nnunet, torch float32", *ARMS} < timed.keys()
    assert all(column["prediction"]["seconds"] > 0 for column in timed.values())
    assert columns["nnU-Net"]["times as long as vf_nnunet"]["prediction_one_pass_like_with_like"] > 0
    for suffix in ("csv", "png", "svg"):
        assert (output / f"benchmark.{suffix}").is_file()
    checkpoints = sorted((tiny.root / "nnUNet_results").rglob("*_1x2__*/fold_*/checkpoint_final.pth"))
    assert len(checkpoints) == 4
    times = [path.stat().st_mtime_ns for path in checkpoints]
    tiny.run(*command)
    assert [path.stat().st_mtime_ns for path in checkpoints] == times


@pytest.mark.slow
def test_quick_measures_a_few_patches(trained: Workspace) -> None:
    image = next((trained.phantoms / "images").glob("*.nii.gz"))
    output = trained.root / "quick"
    result = trained.run(
        *("vf_nnunet", "benchmark", "-d", str(DATASET), "-i", str(image), "-o", str(output)),
        *("--quick", "--patches", "1", "--default-gpu-memory", "0.5", "--resenc", "M", "-device", "cpu"),
    )
    assert "extrapolated" in result.stdout
    columns = columns_of(output)
    assert columns["vf_nnunet"]["network"]["parameters"] == pytest.approx(230_000, rel=0.005)
    assert columns["nnU-Net"]["network"]["parameters"] > 1_000_000
    assert columns["nnU-Net ResEncM"]["network"]["parameters"] > columns["nnU-Net"]["network"]["parameters"]
    assert columns["nnU-Net"]["prediction"]["seconds_with_mirroring"] > columns["vf_nnunet"]["prediction"]["seconds"]

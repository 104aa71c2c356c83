"""Both networks trained for two batches, scored and timed; and the quick form."""

import json

import pytest

from tests.end_to_end.conftest import DATASET, Workspace

SHORT = ("--default-epochs", "1", "--default-iterations", "2", "--default-gpu-memory", "0.5", "-device", "cpu")
COLUMNS = ["vf_nnunet", "nnU-Net", "height rule"]


@pytest.mark.slow
def test_the_whole_benchmark_and_again(trained: Workspace) -> None:
    output = trained.root / "benchmark"
    command = (
        *("vf_nnunet", "benchmark", "-d", str(DATASET), "-f", "0", "1", "--masks", str(trained.phantoms / "masks")),
        *("-o", str(output), "--epochs", "1", "--iterations", "2", *SHORT),
    )
    first = trained.run(*command)
    assert first.stdout == (output / "benchmark.md").read_text(encoding="utf-8")
    columns = json.loads((output / "benchmark.json").read_text(encoding="utf-8"))["columns"]
    assert list(columns) == COLUMNS
    for name in COLUMNS[:2]:
        training, prediction = columns[name]["training"], columns[name]["prediction"]
        assert (training["folds"], training["epochs"], training["batches_an_epoch"]) == (2, 1, 2)
        assert training["seconds_a_fold"] > 0
        assert training["peak_gib"] > 0.3
        assert prediction["seconds"] > 0
        assert columns[name]["network"]["model_file_megabytes"] > 0.1
    assert {columns[name]["vertebrae"]["number"] for name in COLUMNS} == {columns[COLUMNS[0]]["vertebrae"]["number"]}
    assert columns["height rule"]["vertebrae"]["auc"] > 0.8
    assert columns["nnU-Net"]["prediction"]["seconds_with_mirroring"] > 0
    for suffix in ("csv", "png", "svg"):
        assert (output / f"benchmark.{suffix}").is_file()
    checkpoints = sorted((trained.root / "nnUNet_results").rglob("*_1x2__*/fold_*/checkpoint_final.pth"))
    assert len(checkpoints) == 4
    times = [path.stat().st_mtime_ns for path in checkpoints]
    trained.run(*command)
    assert [path.stat().st_mtime_ns for path in checkpoints] == times


def test_quick_measures_a_few_patches(trained: Workspace) -> None:
    image = next((trained.phantoms / "images").glob("*.nii.gz"))
    output = trained.root / "quick"
    result = trained.run(
        *("vf_nnunet", "benchmark", "-d", str(DATASET), "-i", str(image), "-o", str(output)),
        *("--quick", "--patches", "1", "--default-gpu-memory", "0.5", "-device", "cpu"),
    )
    assert "extrapolated" in result.stdout
    columns = json.loads((output / "benchmark.json").read_text(encoding="utf-8"))["columns"]
    assert columns["vf_nnunet"]["network"]["parameters"] == 230_835
    assert columns["nnU-Net"]["network"]["parameters"] > 1_000_000
    assert columns["nnU-Net"]["prediction"]["seconds_with_mirroring"] > columns["vf_nnunet"]["prediction"]["seconds"]

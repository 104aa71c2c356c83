"""`predict` in shards, `shard`, `manifest` and `gather`, and what they say about bad input."""

import json
import shutil
from importlib import util
from pathlib import Path
from typing import Any

import pandas
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from tests.vf_nnunet.sharding.conftest import manifest_of
from vf_nnunet.cli import main
from vf_nnunet.commands.shard import do_shards
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.sharding.manifest import write_manifest


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.vf"
    write_model_file(path, tiny_model(("0",)))
    return path


@pytest.fixture
def options(tmp_path: Path, model_file: Path) -> list[object]:
    """Of a batch of the folder `cts` in shards of two."""
    torch = ("--backend", "torch", "--memory", "0.5", "--noise-threshold", 8, "--probability-threshold", 0.5)
    return ["predict", "-i", tmp_path / "cts", "-o", tmp_path / "batch", "-m", model_file, "--shard-size", 2, *torch]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("vf_nnunet ")]


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_a_folder_in_shards_its_tables_and_its_page(
    tmp_path: Path, cts: dict[str, Path], options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    manifest_of(tmp_path / "cts", cts, ["bright", "cut", "dark"])
    batch = tmp_path / "batch"
    assert run(*options, "--no-maps") == 2
    (failed,) = lines(capsys)
    assert "1 CTs failed; vf_nnunet gather lists them in failures.csv" in failed
    assert run("worklist", batch) == 2
    assert "expected vf_nnunet gather" in lines(capsys)[0]
    assert run("gather", batch) == 0
    said = capsys.readouterr().out
    assert "3 CTs: 2 done, 1 failed" in said
    assert "CTs per hour: " in said
    patients = pandas.read_parquet(batch / "patients.parquet")
    assert patients["case_id"].tolist() == ["00000_bright", "00001_cut", "00002_dark"]
    assert patients["status"].tolist() == ["done", "failed", "done"]
    written = pandas.read_csv(batch / "patients.csv", dtype={"case_id": str})
    assert written["score"].tolist() == pytest.approx(patients["score"].tolist(), nan_ok=True)
    assert len(pandas.read_parquet(batch / "failures.parquet")) == 1
    assert not list(batch.rglob("*.nii.gz"))
    assert run("worklist", batch, "--cases", 1) == 0
    assert "1 of 2 cases, 1 failures" in capsys.readouterr().out
    page = (batch / "index.html").read_text(encoding="utf-8")
    assert '"folder":"cases/000/0000' in page
    assert "1 cases of 2 are shown: those with the highest scores." in page
    # Given again, nothing is left to do; the manifest is that of the first time.
    (tmp_path / "cts" / "more.nii.gz").write_bytes(cts["dark"].read_bytes())
    begun = {path: path.stat().st_mtime_ns for path in (batch / "cases").rglob("*.json")}
    assert run(*options, "--no-maps") == 2
    assert {path: path.stat().st_mtime_ns for path in (batch / "cases").rglob("*.json")} == begun
    # The new CT comes into a shard of its own.
    assert run(*options, "--no-maps", "--update-manifest") == 2
    assert (batch / "cases/000/00002/more.json").is_file()
    assert {path: path.stat().st_mtime_ns for path in begun} == begun


def test_prepared_shards_are_done_by_another_scheduler(
    tmp_path: Path, cts: dict[str, Path], options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    manifest_of(tmp_path / "cts", cts, ["bright", "dark", "dark"])
    batch = tmp_path / "batch"
    assert run(*options, "--prepare") == 0
    assert not (batch / "cases").exists()
    assert run("shard", batch, 1) == 0
    assert (batch / "shards/000/00001.json").is_file()
    assert run("gather", batch) == 0
    assert "3 CTs: 1 done, 2 not done" in capsys.readouterr().out
    assert run("shard", batch, 0, 7) == 2
    assert "expected shard 7 of a batch" in lines(capsys)[0]
    assert run(*(one for one in options if one not in ("--shard-size", 2))) == 2
    assert "a batch in shards; expected --shard-size, or another folder" in lines(capsys)[0]
    assert run("shard", tmp_path, 0) == 2
    assert "on a file system that all machines see" in lines(capsys)[0]


def test_jobs_of_this_process(tmp_path: Path, cts: dict[str, Path], options: list[object]) -> None:
    manifest_of(tmp_path / "cts", cts, ["bright", "dark", "dark"])
    assert run(*options, "--cluster", "debug", "--no-worklist") == 0
    batch = tmp_path / "batch"
    assert [read(batch / f"shards/000/0000{number}.json")["failures"] for number in (0, 1)] == [[], []]
    # Another folder of the same name, as on a machine that does not see the first one.
    shutil.copytree(batch, tmp_path / "other")
    record = read(tmp_path / "other" / "batch.json")

    with pytest.raises(InputError, match=r"another batch on .* than on the machine that submitted this"):
        do_shards(tmp_path / "other", [0], f"not {record['identity']}")


def test_a_batch_is_not_continued_in_another_way(
    tmp_path: Path, cts: dict[str, Path], options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    cases = manifest_of(tmp_path / "cts", cts, ["bright", "dark"])
    assert run(*options, "--prepare") == 0
    assert run(*options, "--prepare", "--no-maps", "--overlay") == 2
    assert [line.split(": ", 2)[2] for line in lines(capsys)] == [
        "begun with overlay False, now True; expected the same, or another output folder",
        "begun with maps True, now False; expected the same, or another output folder",
    ]
    manifest = tmp_path / "changed.csv"
    write_manifest(manifest, cases[:1])
    options[2] = manifest
    assert run(*options, "--prepare") == 2
    assert "1 cases removed: 00001_dark since the batch was begun" in lines(capsys)[0]
    assert run(*options, "--prepare", "--update-manifest") == 0
    assert len((tmp_path / "batch/shards/000/00000.csv").read_text().splitlines()) == 2


def test_all_problems_of_a_manifest_before_any_work(
    tmp_path: Path, cts: dict[str, Path], options: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    cases = manifest_of(tmp_path / "cts", cts, ["bright", "dark", "dark", "cut"])
    cases[1] = cases[1]._replace(case=cases[0].case)
    cases[2] = cases[2]._replace(path=str(tmp_path / "gone.nii.gz"))
    cases.append(cases[3]._replace(case="other"))
    options[2] = tmp_path / "manifest.csv"
    write_manifest(tmp_path / "manifest.csv", cases)
    assert run(*options) == 2
    doubled_case, doubled_path, gone = lines(capsys)
    assert "case 00000_bright twice" in doubled_case
    assert f"path {cases[3].path} twice, with case 00003_cut and other" in doubled_path
    assert "gone.nii.gz: No such file or directory" in gone
    assert not (tmp_path / "batch").exists()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("--shard-size", 0), "--shard-size 0: expected 1 to 1000"),
        (("--slurm-mem", "4G"), "given without --cluster"),
        (("--cluster", "slurm", "--prepare"), "--prepare: nothing is submitted"),
        (("--cluster", "slurm"), "not on PATH"),
        (("--shard-size", 2, "--dicom"), "--dicom: not in shards"),
        (("--shard-size", 2, "--case-id", "{PatientID}"), "--case-id: not in shards"),
    ],
)
def test_options_that_cannot_be(
    tmp_path: Path,
    cts: dict[str, Path],
    options: list[object],
    given: tuple[object, ...],
    problem: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest_of(tmp_path / "cts", cts, ["bright"])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(*options, *given) == 2
    (line,) = lines(capsys)
    assert problem in line
    assert not (tmp_path / "batch").exists()


def test_without_submitit(
    tmp_path: Path,
    cts: dict[str, Path],
    options: list[object],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest_of(tmp_path / "cts", cts, ["bright"])
    monkeypatch.setattr("vf_nnunet.cluster.submit.find_spec", lambda name: None if name == "submitit" else util)
    assert run(*options, "--cluster", "slurm") == 2
    assert "pip install 'vf_nnunet[cluster]'" in lines(capsys)[0]


def test_the_manifest_of_a_folder(tmp_path: Path, cts: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    manifest_of(tmp_path / "cts", cts, ["bright", "dark"])
    for name in ("cts.csv", "cts.parquet"):
        assert run("manifest", "-i", tmp_path / "cts", "-o", tmp_path / name) == 0
        assert f"{tmp_path / name}: 2 CTs" in capsys.readouterr().out
    assert run("manifest", "-i", tmp_path / "cts", "-o", tmp_path / "cts.txt") == 2
    assert "expected a name that ends in .csv or .parquet" in lines(capsys)[0]
    assert run("manifest", "-i", tmp_path / "none", "-o", tmp_path / "cts.csv") == 2
    assert "no such folder" in lines(capsys)[0]
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "vertebrae.csv").touch()
    assert run("predict", "-i", tmp_path / "cts.csv", "-o", tmp_path / "plain") == 2
    assert "results of vf_nnunet predict without shards" in lines(capsys)[0]
    assert run("gather", tmp_path / "plain") == 2
    assert "no batch in shards" in lines(capsys)[0]

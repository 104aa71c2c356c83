"""A model that was trained on phantoms is packed with its card, and measured on real CTs where there are any."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataset_conversion.phantom import SPINE
from dataset_conversion.phantom.cohort.case import plan_case
from dataset_conversion.phantom.cohort.manifest import claim_folder, complete_manifest
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import write_vertebra_table
from vf_nnunet.cli import build_parser
from vf_nnunet.model.default_model import CAUTION
from vf_nnunet.model.model_file import read_model_file
from vf_nnunet.nnunet.fold_record import write_fold_record
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE
from vf_nnunet.phantom_model import packing
from vf_nnunet.phantom_model.__main__ import main
from vf_nnunet.phantom_model.packing import Packing
from vf_nnunet.phantom_model.recipe import Recipe


@pytest.fixture
def trained(untrained_model: Path, tmp_path: Path) -> Packing:
    """A model folder as the recipe's training leaves it, but for its random weights, and the plans of its phantoms."""
    folder = tmp_path / "Dataset702_VariedPhantoms" / untrained_model.name
    shutil.copytree(untrained_model, folder)
    plans = json.loads((folder / "plans.json").read_text(encoding="utf-8"))
    plans["training"] = Recipe().training.to_plans()
    plans["foreground_intensity_properties_per_channel"] = {"0": WINDOW_SCALE.to_statistics()}
    plans["configurations"]["3d_fullres"] |= {"batch_size": 24, "normalization_schemes": ["CTNormalization"]}
    (folder / "plans.json").write_text(json.dumps(plans))
    write_fold_record(folder / "fold_0", {"files": None, "train": [*"abcd"], "val": ["e"], "inner": [], "plans": {}})
    cohort = tmp_path / "phantoms"
    claim_folder(cohort, 1, SPINE)
    cases = [plan_case(1, number, SPINE) for number in range(5)]
    complete_manifest(cohort, 1, SPINE, cases)
    write_vertebra_table(cohort / "vertebrae.csv", [row for case in cases for row in case.rows()])
    (tmp_path / "model").mkdir()
    return Packing(folder, cohort, tmp_path / "model", None, "cpu")


def test_the_card_says_what_the_model_is(trained: Packing) -> None:
    trained.pack()
    trained.measure()
    trained.describe()
    card = read_model_file(trained.file).card
    assert card.caution == CAUTION
    assert "not for finding fractures in patients" in card.intended_use
    assert card.making["phantoms"]["seed"] == 1
    assert card.making["training"]["epochs"] == 100
    assert card.making["intensities"] == "--normalisation window"
    assert "transfer" not in card.making
    assert card.training_cohort["cases"] == 5
    page = (trained.output / "phantom.md").read_text(encoding="utf-8")
    assert CAUTION in page
    assert "From 5 phantoms of the cohort `varied` (seed 1)" in page
    assert " normal, " in page
    assert "| folds | 0 (4 of the phantoms) |" in page
    assert "| training | 100 epochs of 40 batches of 24 segments of 69x69x69 voxels |" in page
    assert "| `shift_sd` | 0.1 |" in page
    assert "| `learning_rate` |" not in page
    assert page.endswith("Not measured.\n")


@pytest.fixture
def measured(trained: Packing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Packing, list[list[str]]]:
    """Real CTs, and `vf_nnunet transfer` as if it had been run."""
    for name in ("images", "masks", "grades"):
        (tmp_path / "real" / name).mkdir(parents=True)
    commands: list[list[str]] = []

    @contextmanager
    def child(command: Sequence[str], _: object) -> Iterator[Any]:
        commands.append(list(command))
        output = trained.output / "transfer"
        output.mkdir(exist_ok=True)
        (output / "transfer.json").write_text(json.dumps({"all": {"found": 9}, "cases": {"patient_7": {"found": 9}}}))
        (output / "transfer.md").write_text("| CT | found |\n|---|---|\n| patient_7 | 9 |\n")
        yield SimpleNamespace(wait=lambda: None, returncode=0)

    monkeypatch.setattr(packing, "child_process", child)
    return Packing(trained.folder, trained.cohort, trained.output, tmp_path / "real", "cpu"), commands


def test_the_file_has_the_sums_over_real_cts_and_the_page_the_table(
    measured: tuple[Packing, list[list[str]]],
) -> None:
    made, commands = measured
    made.check()
    made.pack()
    made.measure()
    made.describe()
    ((python, _, _, *arguments),) = commands
    assert python == sys.executable
    parsed = build_parser().parse_args(arguments)
    assert parsed.model == made.file
    assert parsed.grades == (made.real or Path()) / "grades"
    card = read_model_file(made.file).card
    assert card.making["transfer"] == {"cts": 1, "found": 9}
    # The names of real CTs are not in the file.
    assert "patient_7" not in card.to_json()
    assert "| patient_7 | 9 |" in (made.output / "phantom.md").read_text(encoding="utf-8")


def test_a_file_that_is_too_large_is_refused(trained: Packing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "LARGEST_BYTES", 500_000)
    with pytest.raises(InputError, match=r"folds 0 are 0\.9 MB in one file; expected at most 0\.5 MB: train fewer"):
        trained.pack()
    assert not trained.file.exists()


def test_a_model_that_was_trained_elsewhere_is_packed(
    trained: Packing, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--model", str(trained.folder), "--cohort", str(trained.cohort), "-o", str(tmp_path / "packed")]
    assert main([*own, "-device", "cpu"]) == 0
    assert read_model_file(tmp_path / "packed" / "phantom.vf").card.caution == CAUTION
    assert main([*own[:2], "-o", str(tmp_path / "other")]) == 2
    assert main([*own, "-device", "cpu", "--real", str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "python -m vf_nnunet.phantom_model: --model and --cohort: one without the other; expected both or neither",
        *(
            f"python -m vf_nnunet.phantom_model: {tmp_path / name}: no such folder; expected real CTs in images/ and "
            "masks/"
            for name in ("images", "masks")
        ),
    ]


def test_a_folder_of_another_recipe_is_not_continued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"seed": 2}))
    assert main(["-o", str(tmp_path), "-device", "cpu"]) == 2
    assert f"{tmp_path / 'model.json'}: begun with {{'seed': 2}}; expected" in capsys.readouterr().err

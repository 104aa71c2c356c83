"""The model of the package is made by one command, and a training begins with it."""

import json
from functools import partial
from pathlib import Path

import pytest

from dataset_conversion.phantom import SPINE
from tests.end_to_end.conftest import DATASET, Workspace
from vf_nnunet.model.default_model import CAUTION
from vf_nnunet.model.model_file import read_model_file
from vf_nnunet.phantom_model.__main__ import main
from vf_nnunet.phantom_model.recipe import Recipe


@pytest.mark.slow
def test_from_a_seed_to_the_file_and_on_to_another_training(
    planned: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of small phantoms and a few batches; the second run finds everything done."""
    small = partial(Recipe.run_settings, phantoms=SPINE)
    monkeypatch.setattr(Recipe, "run_settings", lambda recipe: small(recipe))
    for name, value in planned.environment.items():
        monkeypatch.setenv(name, value)
    output = tmp_path / "model"
    command = ["-o", str(output), "--cases", "5", "--epochs", "1", "--iterations", "2", "-device", "cpu"]
    assert main(command) == 0
    first = read_model_file(output / "phantom.vf")
    assert first.card.caution == CAUTION
    assert first.normalisations.keys() == {"0"}
    (checkpoint,) = output.rglob("checkpoint_final.pth")
    made = checkpoint.stat().st_mtime_ns
    assert main(command) == 0
    assert checkpoint.stat().st_mtime_ns == made
    assert read_model_file(output / "phantom.vf").card.weights_sha256 == first.card.weights_sha256

    train = ("vf_nnunet", "train", "-d", str(DATASET), "-device", "cpu", "-f")
    planned.run(*train, "2", "--from", str(output / "phantom.vf"))
    record = json.loads((planned.model / "fold_2" / "made_from.json").read_text(encoding="utf-8"))
    assert record["pretrained"]["fold"] == "0"
    refused = planned.run(*train, "2", "3", code=2)
    assert f"began with the weights {output / 'phantom.vf'} (fold 0); expected --from" in refused.stderr

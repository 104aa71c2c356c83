"""The model that comes with the package, as it is in this checkout."""

from dataclasses import replace
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.model import default_model
from vf_nnunet.model.default_model import CAUTION, PHANTOM_FILE, default_model_path, open_default_model
from vf_nnunet.model.model_file import write_model_file

LARGEST = 3e6
"""Bytes of a file of weights in the repository."""


def test_it_has_the_caution_whoever_made_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "phantom.vf"
    monkeypatch.setattr(default_model, "PHANTOM_FILE", path)
    model = tiny_model()
    write_model_file(path, model)
    assert open_default_model().card.caution == CAUTION
    write_model_file(path, replace(model, card=replace(model.card, caution="Another one.")))
    assert open_default_model(["1"]).card.caution == "Another one."
    assert default_model_path() == path


def test_an_installation_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_model, "PHANTOM_FILE", tmp_path / "phantom.vf")
    with pytest.raises(InputError, match=r"phantom\.vf: no model came with this installation; expected a model"):
        default_model_path()


@pytest.mark.skipif(not PHANTOM_FILE.is_file(), reason="no model is in this checkout")
def test_the_model_of_this_checkout_is_small_and_can_begin_a_training() -> None:
    model = open_default_model()
    assert PHANTOM_FILE.stat().st_size < LARGEST
    assert model.normalisations.keys() == set(model.card.folds)
    assert not model.ensemble.folds_without_probe
    assert model.card.making
    assert PHANTOM_FILE.with_suffix(".md").is_file()

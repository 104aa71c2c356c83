"""A training begins with the weights of a model, if they fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import record_file
from tests.conftest import plans
from tests.vf_nnunet.models import tiny_model, trained_state
from tests.vf_nnunet.tiny_training import CONFIGURATION, TinyDataset, plans_of
from vf_nnunet.inference.trained_weights import Weights
from vf_nnunet.model import default_model
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.model.start import Start, check_starts, find_starts
from vf_nnunet.nnunet.names import Fold
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE

FOLDS: list[Fold] = [0, 1, 2, 3, "all"]
DESCRIPTION: dict[str, Any] = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "normal": 1, "fracture": 2}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A model of two folds."""
    write_model_file(tmp_path / "model.vf", tiny_model())
    return tmp_path / "model.vf"


@pytest.fixture
def start(file: Path) -> Start:
    """Its first fold."""
    return find_starts(str(file), [0])[0]


def assert_equal(found: Weights, expected: Weights) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, err_msg=name)


def test_the_folds_of_a_file_are_taken_in_turn(file: Path) -> None:
    starts = find_starts(str(file), FOLDS)
    assert {fold: start.origin["fold"] for fold, start in starts.items()} == {
        0: "0",
        1: "1",
        2: "0",
        3: "1",
        "all": "0",
    }
    assert_equal(starts[3].weights, trained_state(1))
    assert starts[0].origin == {"file": str(file), "sha256": record_file(file).sha256, "fold": "0"}


def test_phantom_is_the_model_of_the_package(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_model, "PHANTOM_FILE", file)
    assert find_starts("phantom", ["all"])["all"].origin["file"] == str(file)


def test_a_folder_and_a_checkpoint(tmp_path: Path) -> None:
    init = {"plans": plans_of(), "configuration": CONFIGURATION}
    for fold in range(2):
        (tmp_path / f"fold_{fold}").mkdir()
        weights = {name: torch.from_numpy(values) for name, values in trained_state(fold).items()}
        content = {"network_weights": weights, "init_args": init}
        torch.save(content, tmp_path / f"fold_{fold}" / "checkpoint_final.pth")
    starts = find_starts(str(tmp_path), FOLDS)
    checkpoints = [tmp_path / f"fold_{fold}" / "checkpoint_final.pth" for fold in (0, 1)]
    assert starts[1].origin == {"file": str(checkpoints[1]), "sha256": record_file(checkpoints[1]).sha256}
    assert starts[2].origin == starts["all"].origin == find_starts(str(checkpoints[0]), [1])[1].origin
    assert_equal(starts[1].weights, trained_state(1))
    starts[1].check(plans_of(), DESCRIPTION, CONFIGURATION)


def test_what_fits(start: Start) -> None:
    start.check(plans_of(), DESCRIPTION, CONFIGURATION)
    start.check(plans_of(epochs=99), {**DESCRIPTION, "labels": {**DESCRIPTION["labels"], "ignore": 3}}, CONFIGURATION)


def test_another_normalisation_is_refused(start: Start) -> None:
    window = plans_of()
    window["configurations"][CONFIGURATION]["normalization_schemes"] = ["CTNormalization"]
    window["foreground_intensity_properties_per_channel"] = {"0": WINDOW_SCALE.to_statistics()}
    with pytest.raises(InputError) as error:
        start.check(window, DESCRIPTION, CONFIGURATION)
    (problem,) = error.value.problems
    said = (
        "trained with --normalisation image at 1x1x1 mm; expected --normalisation window at 1x1x1 mm, as in the plans"
    )
    assert said in problem
    window["foreground_intensity_properties_per_channel"] = {"0": {**WINDOW_SCALE.to_statistics(), "mean": 7.0}}
    with pytest.raises(InputError, match=r"expected --normalisation foreground \{'0': \{'mean': 7\.0,"):
        start.check(window, DESCRIPTION, CONFIGURATION)


def test_other_classes_are_refused(start: Start) -> None:
    labels = {"background": 0, "normal": 1, "mild": 2, "moderate": 3, "severe": 4}
    with pytest.raises(InputError) as error:
        start.check(plans_of(), {**DESCRIPTION, "labels": labels}, CONFIGURATION)
    assert str(error.value) == (
        f"{start.origin['file']}: weights of another network: classifier.2.3.weight is (3, 5, 1, 1, 1); expected "
        "(5, 5, 1, 1, 1) for 3d_fullres with the classes background, normal, mild, moderate, severe"
    )


def test_another_network_is_named_once_for_all_folds(file: Path, tiny_dataset: TinyDataset) -> None:
    starts = find_starts(str(file), FOLDS)
    check_starts(starts, tiny_dataset.preprocessed, CONFIGURATION)
    other = plans_of()
    kwargs: Any = plans()["configurations"]
    other["configurations"][CONFIGURATION]["architecture"] = kwargs[CONFIGURATION]["architecture"]
    (tiny_dataset.preprocessed / "nnUNetVFPlans.json").write_text(json.dumps(other))
    with pytest.raises(InputError, match="weights of another network: subsampled") as error:
        check_starts(starts, tiny_dataset.preprocessed, CONFIGURATION)
    assert len(error.value.problems) == 1


def test_what_cannot_be_a_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--from nowhere: no such file or folder; expected phantom, a \.vf file"):
        find_starts("nowhere", [0])
    write_model_file(tmp_path / "old.vf", replace(tiny_model(), normalisations={}))
    with pytest.raises(InputError, match=r"old\.vf: no batch normalisation of fold 0, 1"):
        find_starts(str(tmp_path / "old.vf"), [0])
    torch.save({"network_weights": {}}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth: does not say with which plans it was trained"):
        find_starts(str(tmp_path / "other.pth"), [0])


def test_the_checkpoint_for_nnunet_is_temporary(start: Start) -> None:
    with start.checkpoint() as path:
        content = torch.load(path, weights_only=False)
        assert content["vf_nnunet_origin"] == start.origin
        assert_equal({name: values.numpy() for name, values in content["network_weights"].items()}, start.weights)
    assert not path.parent.exists()

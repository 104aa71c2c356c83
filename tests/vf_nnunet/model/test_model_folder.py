"""Loading a trained model."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import bright_probe
from vf_nnunet.inference.from_network import fold_weights
from vf_nnunet.inference.trained_weights import folded_weights
from vf_nnunet.model.model_folder import load_model, read_model_folder
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.nnunet.fold_record import write_fold_record
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE
from vf_nnunet.region.probe_file import write_probe


@pytest.fixture
def copy(untrained_model: Path, tmp_path: Path) -> Path:
    """A model folder that a test may damage."""
    return Path(shutil.copytree(untrained_model, tmp_path / untrained_model.name))


def test_loads_the_trained_folds(untrained_model: Path) -> None:
    model = load_model(untrained_model)
    assert model.folds == ("0",)
    network = build_network(model.architecture, 1, 3)
    tensors = {name: torch.from_numpy(values) for name, values in model.weights[0].items()}
    network.load_state_dict(tensors)
    read, kept = folded_weights(model.weights[0]), fold_weights(network.eval())
    for own, other in zip(read.normal + read.classifier, kept.normal + kept.classifier, strict=True):
        np.testing.assert_array_equal(own.weight, other.weight)
        np.testing.assert_array_equal(own.bias, other.bias)


def test_a_model_is_opened_without_torch(untrained_model: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vf_nnunet.model.open_model import open_model; "
        "open_model(Path(sys.argv[1])); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(untrained_model)], check=True)


def test_folds_are_sorted_by_number_and_backups_left_out(copy: Path) -> None:
    for name in ("fold_10", "fold_2", "fold_0_old", "fold_1.bak", "fold_all"):
        shutil.copytree(copy / "fold_0", copy / name)
    assert load_model(copy).folds == ("0", "2", "10")


def test_not_a_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dataset\.json: missing; expected nnUNet_results"):
        load_model(tmp_path)


def test_no_checkpoints(copy: Path) -> None:
    (copy / "fold_0" / "checkpoint_final.pth").unlink()
    with pytest.raises(InputError, match="finish training a fold"):
        load_model(copy)


def test_every_missing_fold_is_named(copy: Path) -> None:
    with pytest.raises(InputError, match="fold_3") as error:
        load_model(copy, ["0", "3", "4"])
    assert "fold_4" in str(error.value)


def test_a_broken_checkpoint(copy: Path) -> None:
    path = copy / "fold_0" / "checkpoint_final.pth"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="cannot be read as a checkpoint"):
        load_model(copy)


def test_another_network(copy: Path) -> None:
    plans = json.loads((copy / "plans.json").read_text(encoding="utf-8"))
    plans["configurations"]["3d_fullres"]["architecture"]["network_class_name"] = "other.Net"
    (copy / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(InputError, match=r"its network is other\.Net"):
        load_model(copy)


def test_a_probe_is_read_and_must_belong_to_its_fold(copy: Path) -> None:
    assert read_model_folder(copy).ensemble.folds_without_probe == ("0",)
    weights = read_model_folder(copy).ensemble.weights[0]
    write_probe(copy / "fold_0", bright_probe(), weights)
    (fold,) = read_model_folder(copy).ensemble.weights
    assert fold.probe is not None
    assert fold.probe.threshold == bright_probe().threshold
    shutil.copytree(copy / "fold_0", copy / "fold_1")
    path = copy / "fold_1" / "vertebra_probe.json"
    path.write_text(path.read_text().replace('"pathway_sha256": "', '"pathway_sha256": "0'))
    with pytest.raises(InputError, match=r"vertebra_probe\.json: fitted to other weights .*; delete it"):
        read_model_folder(copy)


def test_the_card_describes_the_folder(untrained_model: Path) -> None:
    model = read_model_folder(untrained_model)
    assert model.card.name == untrained_model.name
    assert model.card.dataset == "Dataset001_Test"
    assert model.card.configuration == "3d_fullres"
    assert model.card.folds == model.ensemble.folds == ("0",)
    assert model.card.labels == {"background": 0, "normal": 1, "fracture": 2}
    assert model.ensemble.classes == 3
    assert model.ensemble.architecture.context == (24, 24, 24)


def test_an_ignored_label_is_no_class(copy: Path) -> None:
    description = json.loads((copy / "dataset.json").read_text(encoding="utf-8"))
    description["labels"]["ignore"] = 3
    (copy / "dataset.json").write_text(json.dumps(description))
    assert read_model_folder(copy).ensemble.classes == 3


def test_plans_that_cannot_be_followed(copy: Path) -> None:
    plans = json.loads((copy / "plans.json").read_text(encoding="utf-8"))
    plans["configurations"]["3d_fullres"]["normalization_schemes"] = ["NoNormalization"]
    (copy / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(InputError, match=r"normalization_schemes is \['NoNormalization'\]; expected"):
        read_model_folder(copy)


def test_the_card_has_the_numbers_of_the_normalisation(copy: Path) -> None:
    plans = json.loads((copy / "plans.json").read_text(encoding="utf-8"))
    plans["configurations"]["3d_fullres"]["normalization_schemes"] = ["CTNormalization"]
    plans["foreground_intensity_properties_per_channel"] = {"0": WINDOW_SCALE.to_statistics() | {"median": 1.0}}
    (copy / "plans.json").write_text(json.dumps(plans))
    preprocessing = read_model_folder(copy).card.preprocessing
    assert preprocessing["foreground_intensity_properties_per_channel"] == {"0": WINDOW_SCALE.to_statistics()}
    plans["foreground_intensity_properties_per_channel"] = {"0": {}}
    (copy / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(InputError, match=r"CTNormalization with .*; expected four numbers"):
        read_model_folder(copy)


def test_a_fold_of_another_width_table(copy: Path) -> None:
    """As after training one fold, changing the plans, and training another."""
    plans = json.loads((copy / "plans.json").read_text(encoding="utf-8"))
    table = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]
    table["hidden_widths"] = [width + 1 for width in table["hidden_widths"]]
    (copy / "plans.json").write_text(json.dumps(plans))
    with pytest.raises(InputError, match=r"fold_0/checkpoint_final\.pth: weights of another network"):
        load_model(copy)


def test_the_fold_all_is_loaded_where_no_numbered_one_is_trained(copy: Path) -> None:
    (copy / "fold_0").rename(copy / "fold_all")
    assert load_model(copy).folds == ("all",)


def test_folds_of_different_labels_are_no_ensemble(copy: Path) -> None:
    shutil.copytree(copy / "fold_0", copy / "fold_1")
    for fold, label in (("fold_0", "first"), ("fold_1", "corrected")):
        content = {"files": {"labelsTr/a.nii.gz": label}, "train": ["a"], "val": [], "inner": [], "plans": {}}
        write_fold_record(copy / fold, content)
    with pytest.raises(InputError, match=r"fold_1: trained from something else than fold_0: 1 labels \(a\) changed"):
        load_model(copy)
    assert load_model(copy, ["1"]).folds == ("1",)

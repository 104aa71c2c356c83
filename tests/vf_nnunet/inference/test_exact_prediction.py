"""nnU-Net's own predictor, made exact for this network only."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from torch import nn

from tests.conftest import CONFIGURATION, plans
from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference import exact_prediction
from vf_nnunet.inference.canonical_axes import axes_of, to_network_axes
from vf_nnunet.inference.exact_prediction import logits_of, use_exact_tiling
from vf_nnunet.inference.from_network import fold_weights
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import TilingSettings, predict_probabilities
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.network.dual_pathway import DualPathwayNet, build_network
from vf_nnunet.nnunet.names import TRAINER, TRAINER_FOLDER
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE, IntensityScale
from vf_nnunet.nnunet.paths import trainer_environment

METHOD = "predict_logits_from_preprocessed_data"
STOCK = {
    METHOD: exact_prediction._stock_logits,
    "predict_from_data_iterator": exact_prediction._stock_iterator,
    "predict_from_files_sequential": exact_prediction._stock_sequential,
    "predict_single_npy_array": exact_prediction._stock_single,
}
LABELS = {"background": 0, "normal": 1, "fracture": 2}


@pytest.fixture(autouse=True)
def _stock(monkeypatch: pytest.MonkeyPatch) -> None:
    """nnU-Net's own method and Python's own hook, before and after each test."""
    for name, method in STOCK.items():
        monkeypatch.setattr(nnUNetPredictor, name, method)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture
def networks() -> list[DualPathwayNet]:
    """Two folds whose probabilities differ."""
    found = []
    for seed in range(2):
        torch.manual_seed(seed)
        found.append(randomise(build_network(TINY, 1, 3)))
    nn.init.normal_(output_layer(found[1]).bias, std=3)
    return found


def output_layer(network: DualPathwayNet) -> Any:
    """The convolution that computes the logits."""
    return list(network.classifier.modules())[-1]


def tiny_plans(patch: int = 20) -> dict[str, Any]:
    content: dict[str, Any] = copy.deepcopy(plans())
    configuration = content["configurations"][CONFIGURATION]
    configuration["architecture"]["arch_kwargs"] = TINY.to_kwargs()
    configuration["patch_size"] = [patch] * 3
    configuration["resampling_fn_probabilities"] = "resample_data_or_seg_to_shape"
    options = {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None}
    configuration["resampling_fn_probabilities_kwargs"] = options
    return content


def predictor_of(networks: list[Any], patch: int = 20) -> nnUNetPredictor:
    """nnU-Net's predictor with the folds, as `nnUNetv2_predict` sets it up."""
    manager = PlansManager(tiny_plans(patch))
    predictor = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    predictor.manual_initialization(
        copy.deepcopy(networks[0]),
        manager,
        manager.get_configuration(CONFIGURATION),
        [copy.deepcopy(network.state_dict()) for network in networks],
        {"channel_names": {"0": "CT"}, "labels": LABELS},
        "nnUNetTrainerVF",
        None,
    )
    return predictor


def exact(networks: list[DualPathwayNet], image: torch.Tensor) -> np.ndarray:
    """Class probabilities as `vf_nnunet predict` computes them, with other tiles."""
    weights = tuple(fold_weights(network) for network in networks)
    backend = open_backend(Ensemble(TINY, tuple(map(str, range(len(weights)))), weights))
    return predict_probabilities(backend, image.numpy(), TilingSettings(tile=(12, 15, 18)))


def test_the_ensemble_is_exact(networks: list[DualPathwayNet]) -> None:
    image = torch.randn(1, 30, 37, 41, generator=torch.Generator().manual_seed(0))
    stock = torch.softmax(predictor_of(networks).predict_logits_from_preprocessed_data(image), 0)
    use_exact_tiling()
    found = torch.softmax(predictor_of(networks).predict_logits_from_preprocessed_data(image), 0)
    expected = exact(networks, image)
    assert np.abs(found.numpy() - expected).max() < 1e-2  # bfloat16 where the processor has it
    # The stock windows are what the test would see if the method had not been replaced.
    assert np.abs(stock.numpy() - expected).max() > 0.05


def test_the_predictors_own_gpu_computes(networks: list[DualPathwayNet], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def record(ensemble: Ensemble, device: str) -> Any:
        opened.append(device)
        return open_backend(ensemble, device="cpu")

    monkeypatch.setattr(exact_prediction, "open_backend", record)
    use_exact_tiling()
    predictor = predictor_of(networks[:1])
    predictor.device = torch.device("cuda:1")
    predictor.predict_logits_from_preprocessed_data(torch.randn(1, 15, 15, 15))
    assert opened == ["cuda:1"]


def test_ignored_options_are_said_once(networks: list[DualPathwayNet], capsys: pytest.CaptureFixture[str]) -> None:
    use_exact_tiling()
    predictor = predictor_of(networks)
    for _ in range(2):
        predictor.predict_logits_from_preprocessed_data(torch.zeros(1, 20, 20, 20))
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert "-step_size and mirroring (--disable_tta) have no effect" in line


def test_certain_probabilities_stay_finite(networks: list[DualPathwayNet]) -> None:
    last = output_layer(networks[0])
    nn.init.zeros_(last.weight)
    last.bias.data = torch.tensor([500.0, 0.0, -500.0])
    use_exact_tiling()
    logits = predictor_of(networks[:1]).predict_logits_from_preprocessed_data(torch.randn(1, 15, 15, 15))
    assert torch.isfinite(logits).all()
    assert (logits.argmax(0) == 0).all()


def test_other_networks_are_left_alone(networks: list[DualPathwayNet]) -> None:
    class Other(nn.Conv3d):
        pass

    other = Other(1, 3, 3, padding=1)
    image = torch.randn(1, 22, 22, 22)
    before = predictor_of([other]).predict_logits_from_preprocessed_data(image)
    use_exact_tiling()
    after = predictor_of([other]).predict_logits_from_preprocessed_data(image)
    torch.testing.assert_close(before, after)


def test_finding_the_trainer_changes_nothing() -> None:
    """nnU-Net imports ext_trainers to look the trainer up; neither its predictor nor Python's hook is touched."""
    program = """
import sys
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name
before = nnUNetPredictor.predict_logits_from_preprocessed_data, sys.excepthook
trainer = recursive_find_trainer_class_by_name("nnUNetTrainerVF")
assert trainer.__module__ == "vf_nnunet.training.trainer", trainer.__module__
assert (nnUNetPredictor.predict_logits_from_preprocessed_data, sys.excepthook) == before
"""
    environment = trainer_environment(os.environ)
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()


def test_building_another_network_changes_nothing() -> None:
    unet = {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 2,
            "features_per_stage": [4, 8],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3], [3, 3, 3]],
            "strides": [[1, 1, 1], [2, 2, 2]],
            "n_conv_per_stage": [1, 1],
            "n_conv_per_stage_decoder": [1],
        },
        "_kw_requires_import": ["conv_op"],
    }
    content: dict[str, Any] = copy.deepcopy(plans())
    content["configurations"][CONFIGURATION]["architecture"] = unet
    manager = PlansManager(content)
    nnUNetTrainer.build_network_architecture(manager, manager.get_configuration(CONFIGURATION), 1, 3)
    build_network(TINY, 1, 3)
    assert getattr(nnUNetPredictor, METHOD) is exact_prediction._stock_logits


@pytest.mark.parametrize("times", [1, 2])
def test_a_model_folder_is_predicted_exactly(
    networks: list[DualPathwayNet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """As `nnUNetv2_predict` opens it: by the name of the trainer, which builds the network and is not constructed."""
    monkeypatch.setenv("nnUNet_extTrainer", str(TRAINER_FOLDER))
    write_model_folder(tmp_path, networks)
    hook = sys.excepthook
    for _ in range(times):
        predictor = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
        predictor.initialize_from_trained_model_folder(str(tmp_path), ("0", "1"))
    image = torch.randn(1, 30, 37, 41, generator=torch.Generator().manual_seed(0))
    found = torch.softmax(predictor.predict_logits_from_preprocessed_data(image), 0)
    assert np.abs(found.numpy() - exact(networks, image)).max() < 1e-2
    assert sys.excepthook is hook


def write_model_folder(folder: Path, networks: list[DualPathwayNet]) -> None:
    (folder / "plans.json").write_text(json.dumps(tiny_plans()))
    description = {"channel_names": {"0": "CT"}, "labels": LABELS, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(description))
    for fold, network in enumerate(networks):
        checkpoint = {
            "network_weights": network.state_dict(),
            "trainer_name": TRAINER,
            "init_args": {"configuration": CONFIGURATION},
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")


def test_round_trip() -> None:
    probabilities = (
        np.random.default_rng(0).dirichlet([1, 1, 1], size=(2, 3, 4)).astype(np.float32).transpose(3, 0, 1, 2)
    )
    logits = logits_of(probabilities.copy())
    np.testing.assert_allclose(torch.softmax(logits, 0), probabilities, atol=1e-6)


def test_certain_logits_are_finite() -> None:
    logits = logits_of(np.array([1.0, 0.0, 0.0], np.float32)[:, None, None, None])
    assert torch.isfinite(logits).all()
    assert torch.softmax(logits, 0)[0].item() == 1


def test_no_copy_is_made() -> None:
    probabilities = np.full((3, 2, 3, 4), 1 / 3, np.float32)
    assert logits_of(probabilities).data_ptr() == probabilities.ctypes.data


def save_on_axes(path: Path, image: np.ndarray, axes: str) -> nibabel.Nifti1Image:
    """Write an image (z, y, x) of LPS axes at 1 mm on other axes."""
    lps = nibabel.Nifti1Image(image.T, np.diag([-1.0, -1.0, 1.0, 1.0]))
    transform = nibabel.orientations.ornt_transform(
        nibabel.orientations.io_orientation(lps.affine), nibabel.orientations.axcodes2ornt(axes)
    )
    stored = lps.as_reoriented(transform)
    path.parent.mkdir(exist_ok=True)
    nibabel.save(stored, path)
    return stored


def ct() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 300, (30, 37, 41)).astype(np.float32)


AXES = ["LPS", "RAS", "PIR", "SLA"]


def test_the_sequential_command_gives_the_same_on_any_axes(networks: list[DualPathwayNet], tmp_path: Path) -> None:
    """As `nnUNetv2_predict -npp 0 -nps 0` runs it; segmentation and softmax stay on the axes of the image."""
    image = ct()
    for axes in AXES:
        save_on_axes(tmp_path / "in" / f"{axes}_0000.nii.gz", image, axes)
    use_exact_tiling()
    predictor = predictor_of(networks)
    predictor.dataset_json["file_ending"] = ".nii.gz"
    (tmp_path / "out").mkdir()
    predictor.predict_from_files_sequential(str(tmp_path / "in"), str(tmp_path / "out"), save_probabilities=True)
    expected = exact(networks, torch.from_numpy((image - image.mean()) / image.std())[None])
    for axes in AXES:
        stored = nibabel.load(tmp_path / "out" / f"{axes}.nii.gz")
        assert nibabel.aff2axcodes(stored.affine) == tuple(axes)
        softmax = np.load(tmp_path / "out" / f"{axes}.npz")["probabilities"]
        assert softmax.shape[1:] == stored.shape[::-1]
        np.testing.assert_array_equal(softmax.argmax(0), np.asarray(stored.dataobj).T)
        orientation = axes_of({"nibabel_stuff": {"original_affine": stored.affine}})
        assert orientation is not None
        assert np.abs(to_network_axes(softmax, orientation) - expected).max() < 1e-2
    assert DefaultPreprocessor.run_case.__name__ == "run_case"
    assert DefaultPreprocessor.run_case.__module__ == DefaultPreprocessor.__module__


@pytest.mark.parametrize("axes", AXES)
def test_the_parallel_command_gives_the_same_on_any_axes(
    networks: list[DualPathwayNet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, axes: str
) -> None:
    image = ct()
    stored = save_on_axes(tmp_path / "a.nii.gz", image, axes)
    properties = {"nibabel_stuff": {"original_affine": stored.affine}}
    found: list[torch.Tensor] = []

    def consume(predictor: nnUNetPredictor, items: Any, save_probabilities: bool) -> None:
        """nnU-Net's loop without its export, which is another process."""
        found.extend(predictor.predict_logits_from_preprocessed_data(item["data"]) for item in items)

    monkeypatch.setattr(exact_prediction, "_stock_iterator", consume)
    use_exact_tiling()
    predictor = predictor_of(networks)
    data = torch.from_numpy(np.ascontiguousarray(stored.get_fdata(dtype=np.float32).T)[None])
    predictor.predict_from_data_iterator([{"data": data, "data_properties": properties}], save_probabilities=True)
    (logits,) = found
    found_axes = axes_of(properties)
    assert found_axes is not None
    probabilities = to_network_axes(torch.softmax(logits, 0).numpy(), found_axes)
    assert np.abs(probabilities - exact(networks, torch.from_numpy(image)[None])).max() < 1e-2
    assert getattr(predictor, exact_prediction._AXES) is None


def test_axes_that_are_not_known_are_said(
    networks: list[DualPathwayNet], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exact_prediction, "_stock_single", lambda *_: "result")
    use_exact_tiling()
    predictor = predictor_of(networks)
    assert predictor.predict_single_npy_array(ct()[None], {"spacing": [1, 1, 1]}) == "result"
    assert "warning: the properties of an image do not tell its axes; expected an image on LPS axes" in (
        capsys.readouterr().err
    )
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    predictor.predict_single_npy_array(ct()[None], {"nibabel_stuff": {"original_affine": affine}})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("scale", [None, WINDOW_SCALE])
def test_values_are_judged_by_the_models_normalisation(
    networks: list[DualPathwayNet], scale: IntensityScale | None
) -> None:
    predictor = predictor_of(networks[:1])
    if scale is not None:
        predictor.configuration_manager.configuration["normalization_schemes"] = ["CTNormalization"]
        predictor.plans_manager.plans["foreground_intensity_properties_per_channel"] = {"0": scale.to_statistics()}
    assert exact_prediction._scale_of(predictor) == scale

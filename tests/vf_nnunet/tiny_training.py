"""A preprocessed dataset so small that a training of it takes a second."""

import json
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2

from tests.vf_nnunet.conftest import TINY
from vf_nnunet.nnunet.names import NETWORK_CLASS, PLANS
from vf_nnunet.planning.segment_plan import PREDICTED_VOXELS
from vf_nnunet.training.trainer import nnUNetTrainerVF

NAME = "Dataset001_Tiny"
CONFIGURATION = "3d_fullres"
DATA = f"{PLANS}_{CONFIGURATION}"
CASES = [f"case_{number}" for number in range(6)]
OUTER = CASES[4:]
SIDE = 36
REGIME: dict[str, Any] = {
    "epochs": 4,
    "iterations_per_epoch": 3,
    "validation_iterations": 1,
    "patience": 1,
    "learning_rate": 1e-2,
}


@dataclass(frozen=True)
class TinyDataset:
    """nnU-Net's folders, with one fold of four training cases and two outer ones."""

    root: Path

    @property
    def preprocessed(self) -> Path:
        return self.root / "nnUNet_preprocessed" / NAME

    @property
    def results(self) -> Path:
        return self.root / "nnUNet_results" / NAME

    def trainer(self, going_on: bool = False, fold: int | str = 0, **regime: Any) -> nnUNetTrainerVF:
        """The trainer that nnUNetv2_train would make, with these of the regime's numbers."""
        description = json.loads((self.preprocessed / "dataset.json").read_text(encoding="utf-8"))
        plans = {**plans_of(**regime), "continue_training": going_on}
        trainer = nnUNetTrainerVF(plans, CONFIGURATION, fold, description, torch.device("cpu"))
        if going_on:
            trainer.load_checkpoint(str(Path(trainer.output_folder) / "checkpoint_latest.pth"))
        return trainer


def plans_of(**regime: Any) -> dict[str, Any]:
    """Plans of the tiny network."""
    configuration = {
        "data_identifier": DATA,
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 6,
        "patch_size": list(TINY.segment_size(PREDICTED_VOXELS)),
        "median_image_size_in_voxels": [SIDE] * 3,
        "spacing": [1.0, 1.0, 1.0],
        "normalization_schemes": ["ZScoreNormalization"],
        "use_mask_for_norm": [False],
        "resampling_fn_data": "resample_data_or_seg_to_shape",
        "resampling_fn_seg": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
        "architecture": {
            "network_class_name": NETWORK_CLASS,
            "arch_kwargs": TINY.to_kwargs(),
            "_kw_requires_import": [],
        },
        "batch_dice": False,
    }
    return {
        "dataset_name": NAME,
        "plans_name": PLANS,
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "image_reader_writer": "NibabelIO",
        "label_manager": "LabelManager",
        "experiment_planner_used": "VFPlanner",
        "foreground_intensity_properties_per_channel": {"0": {}},
        "configurations": {CONFIGURATION: configuration},
        "training": {**REGIME, **regime},
    }


def write_tiny_dataset(root: Path) -> TinyDataset:
    """Six cases of noise with a bright and a dark cube, as nnU-Net preprocesses them."""
    dataset = TinyDataset(root)
    folder = dataset.preprocessed / DATA
    folder.mkdir(parents=True)
    (root / "nnUNet_results").mkdir()
    (root / "nnUNet_raw").mkdir()
    generator = np.random.default_rng(0)
    for case in CASES:
        write_case(folder / case, generator)
    labels = {"background": 0, "normal": 1, "fracture": 2}
    description = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 6, "file_ending": ".nii.gz"}
    splits = [{"train": CASES[:4], "val": OUTER}]
    for name, content in (
        ("dataset.json", description),
        ("dataset_fingerprint.json", {}),
        ("splits_final.json", splits),
        (f"{PLANS}.json", plans_of()),
    ):
        (dataset.preprocessed / name).write_text(json.dumps(content))
    return dataset


def write_case(path: Path, generator: "np.random.Generator | NotFinite") -> None:
    """One case of `SIDE` voxels on each axis; the cubes lie where segments with context reach."""
    image = generator.normal(size=(1, SIDE, SIDE, SIDE)).astype(np.float32)
    labels = np.zeros(image.shape, dtype=np.int8)
    for label, value in ((1, 2.0), (2, -2.0)):
        z, y, x = generator.integers(10, 20, size=3)
        labels[0, z : z + 5, y : y + 5, x : x + 5] = label
        image[labels == label] += value
    places = {label: np.argwhere(labels == label) for label in (1, 2)}
    for suffix in (".b2nd", "_seg.b2nd"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nnUNetDatasetBlosc2.save_case(image, labels, {}, str(path))
    # nnU-Net's own name for the properties' file, which save_case writes beside the arrays.
    path.with_name(f"{path.name}.pkl").write_bytes(pickle.dumps({"class_locations": places}))


class NotFinite:
    """Draws like numpy's generator, and no finite number."""

    def normal(self, size: tuple[int, ...]) -> np.ndarray:
        return np.full(size, np.nan)

    def integers(self, low: int, high: int, size: int) -> np.ndarray:
        return np.full(size, low)

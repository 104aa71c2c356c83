"""nnU-Net's folders with a planned dataset, and commands that are recorded instead of run."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vf_nnunet.benchmark import default_nnunet, prediction_cost, training
from vf_nnunet.benchmark.cost.measured_process import ProcessCost
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.nnunet.names import NETWORK_CLASS

DATASET_ID = 7
NAME = "Dataset007_Test"
CASES = ("a", "b")


@dataclass
class Dataset:
    """Folders of a planned dataset with the cases a and b, each the outer case of a fold."""

    root: Path

    @property
    def preprocessed(self) -> Path:
        return self.root / "nnUNet_preprocessed" / NAME

    @property
    def results(self) -> Path:
        return self.root / "nnUNet_results" / NAME


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    dataset = Dataset(tmp_path)
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (tmp_path / variable / NAME).mkdir(parents=True)
        monkeypatch.setenv(variable, str(tmp_path / variable))
    own = {
        "batch_size": 24,
        "patch_size": [57, 57, 57],
        "data_identifier": "nnUNetVFPlans_3d_fullres",
        "spacing": [1.0, 1.0, 1.0],
        "architecture": {"network_class_name": NETWORK_CLASS, "arch_kwargs": ARCHITECTURES["3d_fullres"].to_kwargs()},
    }
    default = {
        "batch_size": 2,
        "patch_size": [32, 48, 64],
        "data_identifier": "nnUNetPlans_3d_fullres",
        "spacing": [2.0, 1.0, 1.0],
        "architecture": unet(),
    }
    for name, configuration in (("nnUNetVFPlans", own), ("nnUNetPlans", default)):
        plans = {
            "plans_name": name,
            "transpose_forward": [0, 1, 2],
            "configurations": {"3d_fullres": configuration},
        }
        (dataset.preprocessed / f"{name}.json").write_text(json.dumps(plans))
    labels = {"background": 0, "normal": 1, "fracture": 2, "ignore": 3}
    (dataset.preprocessed / "dataset.json").write_text(json.dumps({"labels": labels}))
    splits = [{"train": ["b"], "val": ["a"]}, {"train": ["a"], "val": ["b"]}]
    (dataset.preprocessed / "splits_final.json").write_text(json.dumps(splits))
    for case in CASES:
        properties = dataset.preprocessed / "nnUNetVFPlans_3d_fullres" / f"{case}.pkl"
        properties.parent.mkdir(exist_ok=True)
        properties.touch()
    return dataset


def unet(features: tuple[int, int] = (4, 8)) -> dict[str, object]:
    """A U-Net of two stages, as nnU-Net's plans describe it."""
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 2,
            "features_per_stage": list(features),
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3], [3, 3, 3]],
            "strides": [[1, 1, 1], [2, 2, 2]],
            "n_conv_per_stage": [1, 1],
            "n_conv_per_stage_decoder": [1],
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


@dataclass
class Commands:
    """The commands that would have been run, and the cost to report for each."""

    run: list[list[str]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    costs: list[ProcessCost] = field(default_factory=list)

    def __call__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> ProcessCost:
        self.run.append([Path(command[0]).name, *command[1:]])
        self.environments.append(environment)
        log.parent.mkdir(parents=True, exist_ok=True)
        return self.costs.pop(0) if self.costs else ProcessCost(1.0, 0.5)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    recorder = Commands()
    for module in (default_nnunet, prediction_cost, training):
        monkeypatch.setattr(module, "run_measured", recorder)
    return recorder

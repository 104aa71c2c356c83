"""A model that nobody trained, for tests of prediction."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.one_node_slurm import OneNodeSlurm, why_not
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.nnunet.names import NETWORK_CLASS, model_folder_name

CONFIGURATION = "3d_fullres"


def plans() -> dict[str, object]:
    """What prediction reads of nnU-Net's plans."""
    return {
        "dataset_name": "Dataset001_Test",
        "plans_name": "nnUNetVFPlans",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "image_reader_writer": "NibabelIO",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": {}},
        "configurations": {
            CONFIGURATION: {
                "preprocessor_name": "DefaultPreprocessor",
                "patch_size": [69, 69, 69],
                "spacing": [1.0, 1.0, 1.0],
                "normalization_schemes": ["ZScoreNormalization"],
                "use_mask_for_norm": [False],
                "resampling_fn_data": "resample_data_or_seg_to_shape",
                "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
                "resampling_fn_seg": "resample_data_or_seg_to_shape",
                "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
                "architecture": {
                    "network_class_name": NETWORK_CLASS,
                    "arch_kwargs": ARCHITECTURES[CONFIGURATION].to_kwargs(),
                    "_kw_requires_import": [],
                },
            }
        },
    }


@pytest.fixture(scope="session")
def untrained_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with one fold of random weights."""
    folder = tmp_path_factory.mktemp("results") / "Dataset001_Test" / model_folder_name(CONFIGURATION)
    (folder / "fold_0").mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans()))
    labels = {"background": 0, "normal": 1, "fracture": 2}
    description = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(description))
    torch.manual_seed(0)
    network = build_network(ARCHITECTURES[CONFIGURATION], 1, 3)
    checkpoint = {"network_weights": network.state_dict(), "init_args": {"configuration": CONFIGURATION}}
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")
    return folder


@pytest.fixture(scope="session")
def one_node_slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNodeSlurm]:
    """A real Slurm of this run of pytest; tests skip where the packages are missing."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    cluster = OneNodeSlurm(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def slurm(one_node_slurm: OneNodeSlurm, monkeypatch: pytest.MonkeyPatch) -> OneNodeSlurm:
    """That Slurm, found by Slurm's commands of this process."""
    for name, value in one_node_slurm.variables.items():
        monkeypatch.setenv(name, value)
    return one_node_slurm

"""Plans of datasets unlike the usual one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
from nnunetv2.utilities.label_handling.label_handling import determine_num_input_channels
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from scipy.ndimage import gaussian_filter

from dataset_conversion.spine.errors import InputError
from vf_nnunet.network.architecture import ARCHITECTURES, Architecture
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.nnunet.names import Normalisation
from vf_nnunet.nnunet.normalisation import WINDOW_SCALE
from vf_nnunet.planning.planner import VFPlanner
from vf_nnunet.planning.segment_plan import BATCH_SIZE
from vf_nnunet.training.settings import TrainingSettings

NAME = "Dataset001_Test"
LABELS = {"background": 0, "normal": 1, "fracture": 2}


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """nnU-Net's folders, empty."""
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path / name))
        (tmp_path / name / NAME).mkdir(parents=True)
    return tmp_path


def plan(
    folders: Path, labels: dict[str, int], channels: int, spacing: list[float], **options: Any
) -> tuple[PlansManager, dict[str, Any]]:
    """Plans of a dataset of one case, from its fingerprint alone, as nnU-Net reads them."""
    names = {str(channel): "CT" for channel in range(channels)}
    description = {"channel_names": names, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"}
    raw, preprocessed = folders / "nnUNet_raw" / NAME, folders / "nnUNet_preprocessed" / NAME
    (raw / "imagesTr").mkdir(exist_ok=True)
    (raw / "dataset.json").write_text(json.dumps(description))
    fingerprint = {
        "spacings": [spacing],
        "shapes_after_crop": [[60, 50, 40]],
        "foreground_intensity_properties_per_channel": {channel: {} for channel in names},
    }
    (preprocessed / "dataset_fingerprint.json").write_text(json.dumps(fingerprint))
    VFPlanner(NAME, **options).plan_experiment()
    return PlansManager(str(preprocessed / "nnUNetVFPlans.json")), description


@pytest.mark.parametrize(
    ("labels", "channels", "spacing", "classes"),
    [
        (LABELS, 1, [1.0, 1.0, 1.0], 3),
        (LABELS, 1, [5.0, 0.3, 0.3], 3),
        (LABELS, 2, [1.0, 1.0, 1.0], 3),
        ({"background": 0, "fracture": 1, "normal": 2, "ignore": 3}, 1, [2.0, 2.0, 2.0], 3),
        ({**LABELS, "disc": 3}, 1, [1.0, 1.0, 1.0], 4),
    ],
)
def test_plans_that_work(
    folders: Path, labels: dict[str, int], channels: int, spacing: list[float], classes: int
) -> None:
    """nnU-Net reads them, and the network that they describe takes their segments."""
    plans, description = plan(folders, labels, channels, spacing)
    for name in ARCHITECTURES:
        configuration = plans.get_configuration(name)
        assert configuration.spacing == [1.0, 1.0, 1.0]
        assert configuration.median_image_size_in_voxels == pytest.approx(
            [60 * spacing[0], 50 * spacing[1], 40 * spacing[2]], abs=0.6
        )
        assert configuration.data_identifier == plans.get_configuration("3d_fullres").data_identifier
        inputs = determine_num_input_channels(plans, configuration, description)
        heads = plans.get_label_manager(description).num_segmentation_heads
        assert (inputs, heads) == (channels, classes)
        network = build_network(
            Architecture.from_kwargs(configuration.network_arch_init_kwargs), inputs, heads, valid=True
        )
        with torch.no_grad():
            (logits,) = network(torch.zeros(1, inputs, *configuration.patch_size))
        assert logits.shape == (1, classes, 9, 9, 9)


def test_the_regime_stands_in_the_plans(folders: Path) -> None:
    plans, _ = plan(folders, LABELS, 1, [1.0] * 3, training=TrainingSettings(epochs=3))
    assert TrainingSettings.from_plans(plans.plans) == TrainingSettings(epochs=3)


def test_the_window_is_the_default_and_the_fingerprint_stays(folders: Path) -> None:
    key = "foreground_intensity_properties_per_channel"
    window, _ = plan(folders, LABELS, 1, [1.0] * 3)
    image, _ = plan(folders, LABELS, 1, [1.0] * 3, normalisation=Normalisation.IMAGE)
    for name in ARCHITECTURES:
        assert window.get_configuration(name).normalization_schemes == ["CTNormalization"]
        assert image.get_configuration(name).normalization_schemes == ["ZScoreNormalization"]
    assert window.plans[key] == {"0": WINDOW_SCALE.to_statistics()}
    fingerprint = folders / "nnUNet_preprocessed" / NAME / "dataset_fingerprint.json"
    assert image.plans[key] == json.loads(fingerprint.read_text(encoding="utf-8"))[key]


def test_segments_follow_the_memory_target(folders: Path) -> None:
    roomy, _ = plan(folders, LABELS, 1, [1.0] * 3, gpu_memory_target_in_gb=8)
    tight, _ = plan(folders, LABELS, 1, [1.0] * 3, gpu_memory_target_in_gb=1.2)
    sizes = [plans.get_configuration("3d_fullres") for plans in (roomy, tight)]
    assert sizes[0].batch_size == BATCH_SIZE > sizes[1].batch_size
    assert sizes[0].patch_size[0] == 57 < sizes[1].patch_size[0]


def test_too_small_a_target_writes_nothing(folders: Path) -> None:
    with pytest.raises(InputError, match=r"GPU memory target: 0\.50 GB"):
        plan(folders, LABELS, 1, [1.0] * 3, gpu_memory_target_in_gb=0.5)
    written = {path.name for path in (folders / "nnUNet_preprocessed" / NAME).iterdir()}
    assert written == {"dataset_fingerprint.json"}


def test_another_spacing_is_refused(folders: Path) -> None:
    with pytest.raises(InputError, match=r"target spacing \[2.0, 2.0, 2.0\] mm"):
        plan(folders, LABELS, 1, [1.0] * 3, overwrite_target_spacing=[2.0, 2.0, 2.0])


@pytest.mark.parametrize("spacing", [(0.8, 0.7, 0.7), (1.4, 1.3, 1.3), (5.0, 0.7, 0.7)])
def test_the_planned_export_gives_the_labels_of_nnunets_default(
    folders: Path, spacing: tuple[float, float, float]
) -> None:
    plans, _ = plan(folders, LABELS, 1, [1.0] * 3)
    export = plans.get_configuration("3d_fullres").resampling_fn_probabilities
    default, options = ExperimentPlanner.determine_segmentation_softmax_export_fn(VFPlanner(NAME))
    logits = gaussian_filter(np.random.default_rng(0).standard_normal((3, 40, 50, 60)), (0, 3, 3, 3)).astype(np.float32)
    shape = tuple(round(size / step) for size, step in zip(logits.shape[1:], spacing, strict=True))
    found = export(torch.from_numpy(logits.copy()), shape, (1.0, 1.0, 1.0), spacing)
    expected = default(logits, shape, (1.0, 1.0, 1.0), spacing, **options)
    assert found.shape == expected.shape == (3, *shape)
    np.testing.assert_array_equal(np.argmax(np.asarray(found), axis=0), np.argmax(expected, axis=0))

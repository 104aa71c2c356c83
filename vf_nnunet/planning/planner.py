"""The plans `nnUNetVFPlans`: 1 mm isotropic, no transposition, three configurations."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
from nnunetv2.paths import nnUNet_preprocessed
from nnunetv2.preprocessing.resampling.resample_torch import resample_torch_fornnunet

from dataset_conversion.spine.errors import InputError
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.nnunet.names import (
    DEFAULT_CONFIGURATION,
    DEFAULT_NORMALISATION,
    NETWORK_CLASS,
    PLANS,
    Normalisation,
    class_count,
)
from vf_nnunet.nnunet.normalisation import SCHEMES, STATISTICS, plan_intensities
from vf_nnunet.planning.machine import planned_machine
from vf_nnunet.planning.segment_plan import Machine, SegmentPlan, plan_segments
from vf_nnunet.training.settings import PLANS_KEY, TrainingSettings

SPACING_MM = 1.0


class VFPlanner(ExperimentPlanner):
    """nnU-Net planner for the paper's network.

    The method fixes what nnU-Net would adapt to the data. Only the size of the segments and their number per batch are
    adapted to the machine (`plan_segments`).

    Args:
        dataset_name_or_id: Of the raw dataset.
        gpu_memory_target_in_gb: Memory of the GPU to plan for; None for this machine (`planned_machine`).
        preprocessor_name: nnU-Net's.
        plans_name: Name of the plans file.
        overwrite_target_spacing: Must be None, as the method fixes the spacing.
        suppress_transpose: Ignored; axes are never transposed.
        training: Settings of the training, kept in the plans.
        normalisation: How the intensities are normalised.

    Raises:
        InputError: If another target spacing is given.
    """

    def __init__(
        self,
        dataset_name_or_id: str | int,
        gpu_memory_target_in_gb: float | None = None,
        preprocessor_name: str = "DefaultPreprocessor",
        plans_name: str = PLANS,
        overwrite_target_spacing: list[float] | None = None,
        suppress_transpose: bool = True,
        training: TrainingSettings | None = None,
        normalisation: Normalisation = DEFAULT_NORMALISATION,
    ) -> None:
        super().__init__(
            dataset_name_or_id,
            gpu_memory_target_in_gb,
            preprocessor_name,
            plans_name,
            overwrite_target_spacing,
            suppress_transpose,
        )
        if overwrite_target_spacing is not None:
            raise InputError(f"target spacing {overwrite_target_spacing} mm: expected {SPACING_MM} mm on each axis")
        self.training = TrainingSettings() if training is None else training
        self.machine = planned_machine(gpu_memory_target_in_gb)
        self.intensities = plan_intensities(
            normalisation, self.dataset_json["channel_names"], self.dataset_fingerprint[STATISTICS]
        )

    def plan_experiment(self) -> dict[str, Any]:
        """Write and return the plans; nnU-Net's preprocessing and training read them and the copied dataset.json."""
        segments = planned_segments(self.dataset_json, self.machine)
        shutil.copy(
            Path(self.raw_dataset_folder) / "dataset.json",
            Path(str(nnUNet_preprocessed)) / self.dataset_name / "dataset.json",
        )
        no_transposition = [0, 1, 2]
        self.plans = {
            "dataset_name": self.dataset_name,
            "plans_name": self.plans_identifier,
            "original_median_spacing_after_transp": np.median(self.dataset_fingerprint["spacings"], 0).tolist(),
            "original_median_shape_after_transp": self._median_shape(np.ones(3)),
            "image_reader_writer": "NibabelIO",
            "transpose_forward": no_transposition,
            "transpose_backward": no_transposition,
            "configurations": {name: self._configuration(name, segments) for name in ARCHITECTURES},
            "experiment_planner_used": type(self).__name__,
            "label_manager": "LabelManager",
            STATISTICS: self.intensities.statistics,
            PLANS_KEY: self.training.to_plans(),
        }
        self.save_plans(self.plans)
        return self.plans

    def determine_segmentation_softmax_export_fn(self, *_: Any, **__: Any) -> tuple[Callable[..., Any], dict[str, Any]]:
        """nnU-Net's linear interpolation by torch: the labels of its default, in a seventh of the time.

        It brings each predicted CT back to its own grid, which would take longer than the network.
        """
        return resample_torch_fornnunet, {"is_seg": False, "force_separate_z": None, "num_threads": 1}

    def _median_shape(self, scale: npt.NDArray[np.float64]) -> list[int]:
        """Median shape (z, y, x) of the cropped images, each multiplied by its row of `scale`."""
        shapes = np.array(self.dataset_fingerprint["shapes_after_crop"]) * scale
        median: list[int] = np.median(shapes, 0).round().astype(int).tolist()
        return median

    def _configuration(self, name: str, segments: SegmentPlan) -> dict[str, Any]:
        """One configuration as nnU-Net's plans hold it; all share the preprocessed images of `3d_fullres`."""
        resample_data, data_kwargs, resample_seg, seg_kwargs = self.determine_resampling()
        resample_output, output_kwargs = self.determine_segmentation_softmax_export_fn()
        spacings = np.array(self.dataset_fingerprint["spacings"])
        channels = len(self.dataset_json["channel_names"])
        return {
            "data_identifier": self.generate_data_identifier(DEFAULT_CONFIGURATION),
            "preprocessor_name": self.preprocessor_name,
            "batch_size": segments.batch_size,
            "patch_size": list(ARCHITECTURES[name].segment_size(segments.predicted)),
            "median_image_size_in_voxels": self._median_shape(spacings / SPACING_MM),
            "spacing": [SPACING_MM] * 3,
            SCHEMES: self.intensities.schemes,
            "use_mask_for_norm": [False] * channels,
            "resampling_fn_data": resample_data.__name__,
            "resampling_fn_seg": resample_seg.__name__,
            "resampling_fn_data_kwargs": data_kwargs,
            "resampling_fn_seg_kwargs": seg_kwargs,
            "resampling_fn_probabilities": resample_output.__name__,
            "resampling_fn_probabilities_kwargs": output_kwargs,
            "architecture": {
                "network_class_name": NETWORK_CLASS,
                "arch_kwargs": ARCHITECTURES[name].to_kwargs(),
                "_kw_requires_import": [],
            },
            "batch_dice": False,
        }


def planned_segments(dataset_json: dict[str, Any], machine: Machine) -> SegmentPlan:
    """Plan the training step of all configurations for a dataset and a machine.

    Raises:
        InputError: If the machine's memory is too small.
    """
    classes = class_count(dataset_json["labels"])
    return plan_segments(ARCHITECTURES, len(dataset_json["channel_names"]), classes, machine)

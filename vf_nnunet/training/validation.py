"""The prediction of the outer fold at the end of a training."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nnunetv2.inference.export_prediction import export_prediction_from_logits
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetBaseDataset
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager

from dataset_conversion.spine.geometry import RAS_TO_LPS
from dataset_conversion.spine.labels import LabelClasses
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.exact_prediction import logits_of
from vf_nnunet.inference.probability_grid import ProbabilityGrid, probability_grid
from vf_nnunet.inference.probability_maps import class_maps, write_probability_maps
from vf_nnunet.inference.tiling import assemble, keeping_all_classes
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.nnunet.names import PROBABILITY_MAPS
from vf_nnunet.region.prediction import plan_region, predict_region
from vf_nnunet.region.probe_file import fold_digest
from vf_nnunet.training.predicted_cases import PredictedCases


@dataclass(frozen=True)
class Plans:
    """nnU-Net's description of a planned dataset, from which it exports and evaluates segmentations.

    Attributes:
        plans: The dataset's plans.
        configuration: The configuration that was trained.
        dataset: Content of `dataset.json`.
    """

    plans: PlansManager
    configuration: ConfigurationManager
    dataset: dict[str, Any]


def predict_cases(
    cases: nnUNetBaseDataset,
    backend: Backend,
    plans: Plans,
    folder: Path,
    save_probabilities: bool = False,
    log: Callable[[str], None] = lambda _: None,
) -> None:
    """Predict preprocessed cases where vertebrae can be, as `vf_nnunet predict` does; without a probe everywhere.

    Writes nnU-Net's segmentation `<case>.nii.gz` of each case into `folder` (and `<case>.npz` if `save_probabilities`),
    and its probability maps into the subfolder `probability_maps/`. Cases that the same network has already predicted
    there for the same device are kept.

    Args:
        cases: nnU-Net's preprocessed cases.
        backend: Computes the network.
        plans: Of the dataset.
        folder: For the predictions; it is made if necessary.
        save_probabilities: Whether to write nnU-Net's softmax files too.
        log: Takes a line per case.
    """
    classes = LabelClasses.from_description(plans.dataset, "dataset.json")
    predicted = PredictedCases(folder, _identity(backend, save_probabilities))
    (folder / PROBABILITY_MAPS).mkdir(exist_ok=True)
    for case in cases.identifiers:
        if case in predicted:
            log(f"{case} is already predicted")
            continue
        log(f"predicting {case}")
        data, _, _, properties = cases.load_case(case)
        probabilities, warning = _probabilities(backend, np.asarray(data[:]))
        if warning:
            log(f"WARNING: {case}: {warning}")
        grid = grid_of_properties(properties, probabilities.shape[1:])
        write_probability_maps(folder / PROBABILITY_MAPS, case, class_maps(probabilities, classes), grid)
        export_prediction_from_logits(
            logits_of(probabilities),
            properties,
            plans.configuration,
            plans.plans,
            plans.dataset,
            str(folder / case),
            save_probabilities,
        )
        predicted.add(case)
    predicted.close()


def _identity(backend: Backend, save_probabilities: bool) -> dict[str, Any]:
    folds = backend.ensemble.weights
    return {
        "networks_sha256": [fold_digest(fold) for fold in folds],
        "probe_thresholds": [None if fold.probe is None else fold.probe.threshold for fold in folds],
        "backend": type(backend).__name__,
        "bytes_per_value": backend.bytes_per_value,
        "softmax_files": save_probabilities,
    }


def _probabilities(backend: Backend, image: FloatArray) -> tuple[FloatArray, str]:
    """The probabilities (classes, z, y, x), and what a user should know about where they were computed."""
    plan = plan_region(backend, image, keeping_all_classes(backend))
    blocks = predict_region(backend, image, plan)
    return assemble(blocks, backend.ensemble.classes, image.shape[1:]), plan.computed.warning


def grid_of_properties(properties: Mapping[str, Any], network_shape: Sequence[int]) -> ProbabilityGrid:
    """The grid of a case that nnU-Net preprocessed.

    Args:
        properties: nnU-Net's properties of a case read with NibabelIO (affine in RAS mm).
        network_shape: (z, y, x) voxels of the preprocessed image.
    """
    affine = RAS_TO_LPS @ properties["nibabel_stuff"]["original_affine"]
    bounds = properties["bbox_used_for_cropping"]
    return probability_grid(affine, properties["shape_before_cropping"], bounds, network_shape)

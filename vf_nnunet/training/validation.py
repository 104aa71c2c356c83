"""The prediction of the outer fold at the end of a training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnunetv2.configuration import default_num_processes
from nnunetv2.evaluation.evaluate_predictions import compute_metrics_on_folder
from nnunetv2.inference.export_prediction import export_prediction_from_logits

from dataset_conversion.spine.geometry import RAS_TO_LPS
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.logits import logits_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.probability_grid import ProbabilityGrid, probability_grid
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.nnunet.names import PROBABILITY_MAPS
from vf_nnunet.screening.maps import KEPT, write_probability_maps

if TYPE_CHECKING:
    from vf_nnunet.training.trainer import nnUNetTrainerVF


def validate_fold(trainer: "nnUNetTrainerVF", save_probabilities: bool) -> None:
    """Predict the trainer's validation cases into `fold_k/validation`.

    For each case nnU-Net's segmentation `<case>.nii.gz` (and `<case>.npz` if asked for), and in `probability_maps/` the
    maps of fracture and normal; then nnU-Net's `summary.json`.
    """
    folder = Path(trainer.output_folder) / "validation"
    (folder / PROBABILITY_MAPS).mkdir(parents=True, exist_ok=True)
    _, cases = trainer.do_split()
    dataset = trainer.dataset_class(trainer.preprocessed_dataset_folder, list(cases))
    architecture = trainer.configuration_manager.network_arch_init_kwargs
    ensemble = ensemble_of(architecture, {str(trainer.fold): trainer.plain_network})
    backend = open_backend(ensemble, device=str(trainer.device))
    for case in dataset.identifiers:
        trainer.print_to_log_file(f"predicting {case}")
        data, _, _, properties = dataset.load_case(case)
        probabilities = predict_probabilities(backend, data[:])
        grid = grid_of_properties(properties, probabilities.shape[1:])
        maps = {name: probabilities[trainer.dataset_json["labels"][name]] for name in KEPT}
        write_probability_maps(folder / PROBABILITY_MAPS, case, maps, grid)
        export_prediction_from_logits(
            logits_of(probabilities),
            properties,
            trainer.configuration_manager,
            trainer.plans_manager,
            trainer.dataset_json,
            str(folder / case),
            save_probabilities,
        )
    _summarise(trainer, folder)


def grid_of_properties(properties: Mapping[str, Any], network_shape: Sequence[int]) -> ProbabilityGrid:
    """The grid of a case that nnU-Net preprocessed.

    Args:
        properties: nnU-Net's properties of a case read with NibabelIO (affine in RAS mm).
        network_shape: (z, y, x) voxels of the preprocessed image.
    """
    affine = RAS_TO_LPS @ properties["nibabel_stuff"]["original_affine"]
    bounds = properties["bbox_used_for_cropping"]
    return probability_grid(affine, properties["shape_before_cropping"], bounds, network_shape)


def _summarise(trainer: "nnUNetTrainerVF", folder: Path) -> None:
    metrics = compute_metrics_on_folder(
        str(Path(trainer.preprocessed_dataset_folder_base) / "gt_segmentations"),
        str(folder),
        str(folder / "summary.json"),
        trainer.plans_manager.image_reader_writer_class(),
        trainer.dataset_json["file_ending"],
        trainer.label_manager.foreground_labels,
        trainer.label_manager.ignore_label,
        num_processes=default_num_processes,
    )
    for label, values in metrics["mean"].items():
        trainer.logger.log_summary(f"final_val/class_{label}_dice", values["Dice"])
    trainer.logger.log_summary("final_val/foreground_dice", metrics["foreground_mean"]["Dice"])
    trainer.print_to_log_file(f"Mean Validation Dice: {metrics['foreground_mean']['Dice']:.4f}")

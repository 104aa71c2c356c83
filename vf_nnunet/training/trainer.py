"""The paper's training as an nnU-Net trainer."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from nnunetv2.paths import nnUNet_preprocessed
from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager
from torch import nn

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.uncaught_errors import show_errors_as_lines
from vf_nnunet.inference.exact_prediction import use_exact_tiling
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.stock_model import check_loaded_checkpoints
from vf_nnunet.inference.weights import FoldWeights, Probe
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.network.device import usable_device
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.network.processor import calm_loaded_openmp, chosen_threads
from vf_nnunet.nnunet.checks import check_plans, read_checkpoint
from vf_nnunet.nnunet.dataset_record import check_preprocessed
from vf_nnunet.nnunet.fold_record import (
    DRAWN,
    PREDICTED_BY,
    PRETRAINED,
    check_drawn,
    check_fold,
    fold_content,
    read_fold_record,
    write_fold_record,
)
from vf_nnunet.nnunet.folds import (
    INCOMPLETE,
    discard_predictions,
    discard_published,
    discard_training,
    publish_predictions,
    reopen_training,
)
from vf_nnunet.nnunet.names import ALL, BEST_CHECKPOINT, FINAL_CHECKPOINT, Fold
from vf_nnunet.nnunet.splits import (
    SPLITS_FILE,
    check_validation_cases,
    chosen_split,
    inner_validation_cases,
    outer_fold,
)
from vf_nnunet.region.probe_file import read_probe
from vf_nnunet.training.data import BatchPlan, drawn_classes, training_stream, validation_stream
from vf_nnunet.training.epochs import INNER_VALIDATION_STREAM, EpochTrainer
from vf_nnunet.training.loss import RegularisedCrossEntropy
from vf_nnunet.training.optimizer import DeepMedicRMSprop
from vf_nnunet.training.pretrained import (
    check_beginning,
    normalisation_warning,
    pretrained_from,
    remember_pretrained_weights,
    seen_cases,
    seen_warning,
)
from vf_nnunet.training.sampling import NearVertebrae
from vf_nnunet.training.segmentation_metrics import summarise_segmentations
from vf_nnunet.training.settings import TrainingSettings
from vf_nnunet.training.validation import Plans, predict_cases
from vf_nnunet.training.vertebra_probe import fit_fold


class nnUNetTrainerVF(EpochTrainer):
    """The training of Nicolaes et al. 2019 for `nnUNetv2_train ... -tr nnUNetTrainerVF -p nnUNetVFPlans`.

    Differences from nnU-Net's trainer: segments are drawn by class, the loss counts only voxels with full context, the
    optimiser and the penalties are DeepMedic's, an inner validation lowers the learning rate and ends the training, and
    the outer fold is read only for its final prediction. The plans hold the `TrainingSettings`.

    Args:
        plans: Content of the plans.
        configuration: One of the plans' configurations.
        fold: Index of the outer fold, or "all".
        dataset_json: Content of `dataset.json`.
        device: The device that trains.

    Raises:
        InputError: If another planner made the plans, this machine lacks the device, the fold does not exist, or the
            training would need several GPUs, a cascade or regions. In the first three cases no folder is created.
    """

    drawn_cases: Sequence[str] = ()
    """The inner validation cases, if the training drew them itself."""

    def __init__(
        self,
        plans: dict[str, Any],
        configuration: str,
        fold: Fold,
        dataset_json: dict[str, Any],
        device: torch.device = torch.device("cuda"),  # noqa: B008 (nnU-Net's own default)
    ) -> None:
        show_errors_as_lines()
        check_plans(plans, configuration)
        usable_device(str(device))
        remember_pretrained_weights()
        if device.type == "cpu":
            # nnU-Net takes as many threads as the machine has processors.
            torch.set_num_threads(min(torch.get_num_threads(), chosen_threads()))
            calm_loaded_openmp()
        self.settings = TrainingSettings.from_plans(plans)
        if isinstance(fold, int):
            chosen_split(Path(str(nnUNet_preprocessed)) / plans["dataset_name"] / SPLITS_FILE, fold)
        super().__init__(plans, configuration, fold, dataset_json, device)
        if self.is_ddp or self.is_cascaded or self.label_manager.has_regions:
            raise InputError("nnUNetTrainerVF trains on one GPU, without cascades or region-based labels")
        self.initial_lr = self.settings.learning_rate
        self.weight_decay = self.settings.l2
        self.num_epochs = self.settings.epochs
        self.num_iterations_per_epoch = self.settings.iterations_per_epoch
        self.num_val_iterations_per_epoch = self.settings.validation_iterations

    @staticmethod
    def build_network_architecture(
        plans_manager: PlansManager,
        configuration_manager: ConfigurationManager,
        num_input_channels: int,
        num_output_channels: int,
        enable_deep_supervision: bool = True,
    ) -> nn.Module:
        """Build the network of the plans; nnU-Net's deep supervision flag is its valid mode.

        nnU-Net's predictor builds its network here too, and from then on computes it by exact tiling.
        """
        use_exact_tiling()
        check_loaded_checkpoints()
        architecture = Architecture.from_kwargs(configuration_manager.network_arch_init_kwargs)
        return build_network(architecture, num_input_channels, num_output_channels, valid=enable_deep_supervision)

    def initialize(self) -> None:
        """As in nnU-Net, with seeded initial weights and the dropout and normalisation of the settings."""
        torch.manual_seed(self.seed_words(0)[0])
        super().initialize()
        self.plain_network.set_dropout(self.settings.dropout)
        self.plain_network.set_normalisation_momentum(self.settings.normalisation_momentum)

    def configure_optimizers(self) -> tuple[DeepMedicRMSprop, None]:
        """DeepMedic's RMSprop. There is no scheduler, as the learning rate is a function of the history."""
        settings = self.settings
        optimizer = DeepMedicRMSprop(
            self.network.parameters(),
            settings.learning_rate,
            settings.decay,
            settings.epsilon,
            settings.momentum,
            settings.momentum_normalised,
        )
        return optimizer, None

    def _build_loss(self) -> RegularisedCrossEntropy:
        return RegularisedCrossEntropy(
            self.plain_network, self.settings.l1, self.settings.l2, self.label_manager.ignore_label
        )

    def set_deep_supervision_enabled(self, enabled: bool) -> None:
        """Switch the network between its valid and its same mode."""
        self.plain_network.deep_supervision = enabled

    def plot_network_architecture(self) -> None:
        """Draw nothing: nnU-Net needs a package that no longer works, and `vf_nnunet describe` lists the layers."""

    def run_training(self) -> None:
        """As in `EpochTrainer`; then the vertebra probe of the fold is fitted, which needs its checkpoint."""
        super().run_training()
        if not self.disable_checkpointing:
            self.fit_probe()

    def fit_probe(self) -> None:
        """Fit the vertebra probe to the network as it is and write it into the fold's folder."""
        training, inner = self.get_tr_and_val_datasets()
        ignore = self.label_manager.ignore_label
        fit_fold(
            Path(self.output_folder),
            self.plain_network,
            training,
            inner,
            ignore,
            str(self.device),
            self.print_to_log_file,
        )

    def do_split(self) -> tuple[list[str], list[str]]:
        """The training and validation cases of the outer fold, checked."""
        cases = self._preprocessed_cases()
        if self.fold == ALL:
            return cases, cases
        return outer_fold(self._splits_file, int(self.fold), set(cases))

    @property
    def _splits_file(self) -> Path:
        return Path(self.preprocessed_dataset_folder_base) / SPLITS_FILE

    def _preprocessed_cases(self) -> list[str]:
        self.dataset_class = infer_dataset_class(self.preprocessed_dataset_folder)
        return sorted(self.dataset_class.get_identifiers(self.preprocessed_dataset_folder))

    def get_tr_and_val_datasets(self) -> tuple[Any, Any]:
        """The training cases without the inner validation, and the inner validation's.

        If all training cases are of one patient there is no inner validation: the training goes by its planned length,
        and what nnU-Net logs as validation is computed on the training cases.
        """
        training, _ = self.do_split()
        settings = self.settings
        inner, choice = inner_validation_cases(
            Path(self.preprocessed_dataset_folder_base),
            self.fold,
            training,
            settings.inner_validation_fraction,
            settings.seed,
        )
        rest = sorted(set(training) - set(inner))
        self.print_to_log_file(f"{len(rest)} training cases, {len(inner)} inner validation cases: {inner}")
        self.print_to_log_file(f"The cases of the inner validation are {choice}.")
        self.drawn_cases = inner if choice.startswith("drawn") else []
        if not inner:
            self.settings = replace(settings, schedule="poly", final_model="last")
            inner = rest
            self.print_to_log_file(
                "WARNING: all training cases are of one patient, so there is no inner validation; the learning rate "
                'follows the schedule "poly", the model of the last epoch is kept, and the validation values below are '
                "those of the training cases"
            )
        folder = self.preprocessed_dataset_folder
        return self.dataset_class(folder, rest), self.dataset_class(folder, inner)

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Segments of the training cases, from the current epoch on, and of the inner validation."""
        training, inner = self.get_tr_and_val_datasets()
        z, y, x = self.configuration_manager.patch_size
        labels: dict[str, int] = self.dataset_json["labels"]
        shares = self.settings.class_shares(labels)
        context = self.plain_network.architecture.context
        near = NearVertebrae(self.settings.near_share, self.settings.near_distance)
        plan = BatchPlan(self.batch_size, (z, y, x), context, self.label_manager, shares, near)
        first_batch = self.current_epoch * self.num_iterations_per_epoch
        stream = training_stream(training, plan, self.settings, self.seed_words(0), self.device, first_batch)
        drawn = {*drawn_classes(stream), self.label_manager.ignore_label}
        for name in (name for name, label in labels.items() if label not in drawn):
            self.print_to_log_file(f"WARNING: no training case of this fold has the class {name}; it is not learned")
        return stream, validation_stream(inner, plan, self.seed_words(INNER_VALIDATION_STREAM))

    def on_train_start(self) -> None:
        """As in nnU-Net, with a record of what the fold is trained from; results of an earlier training are discarded.

        Raises:
            InputError: If the raw dataset has changed since it was preprocessed, or a training continues that began
                with other data or settings.
        """
        check_preprocessed(Path(self.preprocessed_dataset_folder_base))
        folder, content = Path(self.output_folder), self._record_content()
        continued = self.begun_with is not None
        if continued:
            self._check_record()
        else:
            self._check_pretrained(content)
        super().on_train_start()
        if self.disable_checkpointing:
            discard_predictions(folder)
            return
        if not continued:
            discard_training(folder)
            write_fold_record(folder, content | {DRAWN: self.drawn_cases})
            return
        check_drawn(folder, self.drawn_cases)
        if self.current_epoch < self.num_epochs and not self._has_stalled():
            reopen_training(folder)
        if (recorded := read_fold_record(folder)) is not None:
            write_fold_record(folder, recorded | content)

    def _check_pretrained(self, content: dict[str, Any]) -> None:
        """Check the weights that the training begins with, and add them to the content of the fold's record."""
        origin = None if self.network is None else pretrained_from(self.plain_network)
        check_beginning(Path(self.output_folder), origin)
        content[PRETRAINED] = origin
        if origin is None:
            return
        cases = seen_cases(origin, content)
        warning = normalisation_warning(origin, self.plans_manager.plans, self.configuration_name)
        for text in (seen_warning(origin, cases) if cases else None, warning):
            if text:
                self.print_to_log_file(text)

    def _record_content(self) -> dict[str, Any]:
        base, plans = Path(self.preprocessed_dataset_folder_base), self.plans_manager.plans
        cases = self._preprocessed_cases() if self.fold == ALL else []
        return fold_content(base, plans, self.configuration_name, self.fold, cases)

    def _check_record(self) -> None:
        """Check that the checkpoint in the folder comes from the present data; only the epochs may differ."""
        if not check_fold(Path(self.output_folder), self._record_content(), finished=False):
            self.print_to_log_file(
                f"WARNING: {self.output_folder}: not recorded which data it was trained from; expected the present ones"
            )

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Predict the outer fold by exact tiling: segmentations, probability maps and nnU-Net's summary.

        A prediction by the same network that was interrupted goes on.
        """
        _, validation = self.do_split()
        check_validation_cases(self._splits_file, self.fold, validation, set(self._preprocessed_cases()))
        if not self.disable_checkpointing:
            self._check_record()
        discard_published(Path(self.output_folder))
        self._record_predictor()
        self.set_deep_supervision_enabled(False)
        self.network.eval()
        self._predict_fold(validation, save_probabilities)
        self.set_deep_supervision_enabled(True)

    def _record_predictor(self) -> None:
        """Record whether the final model predicts: `--val_best` writes where its predictions are expected."""
        folder = Path(self.output_folder)
        recorded, final = read_fold_record(folder), folder / FINAL_CHECKPOINT
        if recorded is None or self.disable_checkpointing or not final.is_file():
            return
        weights, own = read_checkpoint(final)["network_weights"], self.plain_network.state_dict()
        is_final = all(torch.equal(weights[name], own[name].cpu()) for name in own)
        used = FINAL_CHECKPOINT if is_final else self.loaded or BEST_CHECKPOINT
        write_fold_record(folder, recorded | {PREDICTED_BY: used})
        if not is_final:
            self.print_to_log_file(
                f"WARNING: {folder}: predicted by {used}, which differs from {FINAL_CHECKPOINT}; expected the latter, "
                "which predict and export use: an evaluation of these maps is one of another model"
            )

    def _predict_fold(self, validation: list[str], save_probabilities: bool) -> None:
        fold = Path(self.output_folder)
        plans = Plans(self.plans_manager, self.configuration_manager, self.dataset_json)
        cases = self.dataset_class(self.preprocessed_dataset_folder, validation)
        ensemble = ensemble_of({str(self.fold): self.plain_network})
        backend = open_backend(ensemble.with_probes([self._probe(ensemble.weights[0])]), device=str(self.device))
        predict_cases(cases, backend, plans, fold / INCOMPLETE, save_probabilities, self.print_to_log_file)
        folder = publish_predictions(fold)
        references = Path(self.preprocessed_dataset_folder_base) / "gt_segmentations"
        metrics = summarise_segmentations(plans, folder, references)
        for label, values in metrics["mean"].items():
            self.logger.log_summary(f"final_val/class_{label}_dice", values["Dice"])
        self.logger.log_summary("final_val/foreground_dice", metrics["foreground_mean"]["Dice"])
        self.print_to_log_file(f"Mean Validation Dice: {metrics['foreground_mean']['Dice']:.4f}")

    def _probe(self, weights: FoldWeights) -> Probe | None:
        """The probe of the network that predicts; None if it has none, as that of another checkpoint than the final."""
        if self.disable_checkpointing:
            return None
        try:
            probe = read_probe(Path(self.output_folder), weights)
        except InputError as error:
            self.print_to_log_file(f"WARNING: the outer fold is computed everywhere: {error}")
            return None
        if probe is None:
            self.print_to_log_file("The fold has no vertebra probe, so the outer fold is computed everywhere.")
        return probe

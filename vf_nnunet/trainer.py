"""The paper's training regime as an nnU-Net trainer."""

import os
from contextlib import nullcontext
from pathlib import Path
from time import time
from typing import Any, cast

import numpy as np
import torch
from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter
from batchgenerators.dataloading.single_threaded_augmenter import SingleThreadedAugmenter
from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager
from torch import nn

from vf_nnunet.annealing import is_best, scheduled_learning_rate
from vf_nnunet.augmentation import training_transforms, validation_transforms
from vf_nnunet.errors import PluginError
from vf_nnunet.inner_split import inner_validation_cases
from vf_nnunet.loss import RegularisedCrossEntropy
from vf_nnunet.network import DualPathwayNet, build_network
from vf_nnunet.optimizer import DeepMedicRMSprop
from vf_nnunet.outer_split import SPLITS_FILE, outer_fold
from vf_nnunet.precision import precision
from vf_nnunet.sampling import SegmentGeometry, SegmentLoader
from vf_nnunet.training_settings import TrainingSettings
from vf_nnunet.validation import validate_fold

INNER_VALIDATION_STREAM = 2**32 - 1
"""Stands where an epoch's number does in the seed of the segments, which are the same in every epoch."""


class nnUNetTrainerVF(nnUNetTrainer):
    """Nicolaes et al. 2019 within nnU-Net: `nnUNetv2_train DATASET CONFIGURATION FOLD -tr nnUNetTrainerVF -p
    nnUNetVFPlans`.

    What differs from nnU-Net's trainer: segments are drawn by class, the loss counts only voxels with full context,
    the optimiser and penalties are DeepMedic's, the learning rate is halved on plateaus of an inner validation, and
    the outer fold is read only for its final prediction. Its numbers are `TrainingSettings`, read from the plans.
    """

    def __init__(
        self,
        plans: dict[str, Any],
        configuration: str,
        fold: int,
        dataset_json: dict[str, Any],
        device: torch.device = torch.device("cuda"),  # noqa: B008 (nnU-Net's own default)
    ) -> None:
        super().__init__(plans, configuration, fold, dataset_json, device)
        if self.is_ddp or self.is_cascaded or self.label_manager.has_regions:
            raise NotImplementedError("nnUNetTrainerVF does not support several GPUs, cascades or region-based labels")
        self.settings = TrainingSettings.from_plans(plans)
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
        """The network of the plans; nnU-Net's deep supervision flag is its valid mode."""
        kwargs = configuration_manager.network_arch_init_kwargs
        return build_network(kwargs, num_input_channels, num_output_channels, valid=enable_deep_supervision)

    def initialize(self) -> None:
        """As nnU-Net, with seeded initial weights and the regime's dropout."""
        torch.manual_seed(self._seed(0)[0])
        super().initialize()
        self.plain_network.set_dropout(self.settings.dropout)

    def configure_optimizers(self) -> tuple[DeepMedicRMSprop, None]:
        """DeepMedic's RMSprop; the learning rate is a function of the history, so there is no scheduler."""
        settings = self.settings
        optimizer = DeepMedicRMSprop(
            self.network.parameters(), settings.learning_rate, settings.decay, settings.epsilon, settings.momentum
        )
        return optimizer, None

    def _build_loss(self) -> RegularisedCrossEntropy:
        return RegularisedCrossEntropy(
            self.plain_network, self.settings.l1, self.settings.l2, self.label_manager.ignore_label
        )

    @property
    def plain_network(self) -> DualPathwayNet:
        """The network itself, where torch.compile has wrapped it."""
        return cast(DualPathwayNet, getattr(self.network, "_orig_mod", self.network))

    def set_deep_supervision_enabled(self, enabled: bool) -> None:
        """Switches the network between its valid and its same mode."""
        self.plain_network.deep_supervision = enabled

    def plot_network_architecture(self) -> None:
        """nnU-Net's drawing needs a package that no longer works; `vf_nnunet describe` lists the layers."""

    # Data

    def do_split(self) -> tuple[list[str], list[str]]:
        """The outer fold's training and validation cases, checked."""
        self.dataset_class = infer_dataset_class(self.preprocessed_dataset_folder)
        cases = sorted(self.dataset_class.get_identifiers(self.preprocessed_dataset_folder))
        if self.fold == "all":
            return cases, cases
        return outer_fold(Path(self.preprocessed_dataset_folder_base) / SPLITS_FILE, int(self.fold), set(cases))

    def get_tr_and_val_datasets(self) -> tuple[Any, Any]:
        """The training patients without, and with only, the inner validation's."""
        training, _ = self.do_split()
        settings = self.settings
        inner = inner_validation_cases(
            Path(self.preprocessed_dataset_folder_base),
            self.fold,
            training,
            settings.inner_validation_fraction,
            settings.seed,
        )
        rest = sorted(set(training) - set(inner))
        self.print_to_log_file(f"{len(rest)} cases to learn from, {len(inner)} for the inner validation: {inner}")
        folder = self.preprocessed_dataset_folder
        return self.dataset_class(folder, rest), self.dataset_class(folder, inner)

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Training segments, augmented; inner validation segments, the same in each epoch.

        On a CPU the training process loads the segments itself: it takes a few per cent of a step, and the stream is
        the same in every run.
        """
        training, inner = self.get_tr_and_val_datasets()
        context = self.plain_network.context
        size = tuple(self.configuration_manager.patch_size)
        geometry = SegmentGeometry(size, context, self.settings.reflected_border)
        augment = training_transforms(self.settings, context)
        loader = SegmentLoader(training, self.batch_size, geometry, self.label_manager, augment, self._seed(0))
        validation = SegmentLoader(
            inner,
            self.batch_size,
            SegmentGeometry(size, context),
            self.label_manager,
            validation_transforms(context),
            self._seed(INNER_VALIDATION_STREAM),
        )
        return self._augmenter(loader), SingleThreadedAugmenter(validation, None)

    def _augmenter(self, loader: SegmentLoader) -> Any:
        workers = 0 if self.device.type == "cpu" else get_allowed_n_proc_DA()
        if workers == 0:
            return SingleThreadedAugmenter(loader, None)
        return NonDetMultiThreadedAugmenter(
            data_loader=loader,
            transform=None,
            num_processes=workers,
            num_cached=max(6, workers // 2),
            seeds=np.random.SeedSequence(self._seed(self.current_epoch)).generate_state(workers).tolist(),
            pin_memory=self.device.type == "cuda",
            wait_time=0.002,
        )

    def _seed(self, epoch: int) -> list[int]:
        fold = self.fold if isinstance(self.fold, int) else INNER_VALIDATION_STREAM
        return [int(part) for part in np.random.SeedSequence([self.settings.seed, fold, epoch]).generate_state(4)]

    # One epoch

    def on_epoch_start(self) -> None:
        """Every epoch has its own seeds, so that a continued training draws what an uninterrupted one would."""
        super().on_epoch_start()
        seed = self._seed(self.current_epoch)
        torch.manual_seed(seed[0])
        if isinstance(self.dataloader_train, SingleThreadedAugmenter):
            self.dataloader_train.data_loader.restart(seed)

    def on_train_epoch_start(self) -> None:
        """Sets and logs the scheduled learning rate."""
        self.network.train()
        history = self.logger.get_value("mean_fg_dice", step=None)
        settings = self.settings
        rate = scheduled_learning_rate(
            settings.schedule, self.initial_lr, history, patience=settings.patience, epochs=self.num_epochs
        )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.print_to_log_file("")
        self.print_to_log_file(f"Epoch {self.current_epoch}")
        self.print_to_log_file(f"Current learning rate: {rate:.2g}")
        self.logger.log("lrs", rate, self.current_epoch)

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """nnU-Net's step, in bfloat16 where the processor has it; stops at a loss that is not finite."""
        with self._cpu_precision():
            result: dict[str, Any] = super().train_step(batch)
        if not np.isfinite(result["loss"]):
            raise PluginError(
                f"the loss became {result['loss']} in epoch {self.current_epoch} on cases "
                f"{sorted(set(batch['keys']))}; the checkpoint of the last finished epoch is kept"
            )
        return result

    def on_validation_epoch_start(self) -> None:
        """The inner validation's segments are the same every time, so that epochs can be compared."""
        super().on_validation_epoch_start()
        self.dataloader_val.data_loader.restart(self._seed(INNER_VALIDATION_STREAM))

    def validation_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """nnU-Net's step, in bfloat16 where the processor has it."""
        with self._cpu_precision():
            result: dict[str, Any] = super().validation_step(batch)
        return result

    def _cpu_precision(self) -> Any:
        return precision(self.device) if self.device.type == "cpu" else nullcontext()

    def on_epoch_end(self) -> None:
        """Logs, keeps the checkpoint, and the best by the mean foreground Dice of the inner validation."""
        self.logger.log("epoch_end_timestamps", time(), self.current_epoch)
        history = self.logger.get_value("mean_fg_dice", step=None)
        started, ended = (self.logger.get_value(f"epoch_{end}_timestamps", step=-1) for end in ("start", "end"))
        self.print_to_log_file(
            f"train loss {self.logger.get_value('train_losses', step=-1):.4f}, "
            f"inner validation loss {self.logger.get_value('val_losses', step=-1):.4f}, "
            f"foreground Dice {history[-1]:.4f}, {ended - started:.1f} s"
        )
        self.save_checkpoint(os.path.join(self.output_folder, "checkpoint_latest.pth"))
        if is_best(history):
            self.save_checkpoint(os.path.join(self.output_folder, "checkpoint_best.pth"))
        self.logger.plot_progress_png(self.output_folder)
        self.current_epoch += 1

    def save_checkpoint(self, filename: str) -> None:
        """As nnU-Net, but a file is only replaced by a complete one."""
        unfinished = f"{filename}.part"
        super().save_checkpoint(unfinished)
        if os.path.isfile(unfinished):
            os.replace(unfinished, filename)

    # The end

    def on_train_end(self) -> None:
        """The final model is the one that was best in the inner validation, unless the settings want the last."""
        best = os.path.join(self.output_folder, "checkpoint_best.pth")
        if self.settings.final_model == "best" and os.path.isfile(best):
            checkpoint = torch.load(best, map_location=self.device, weights_only=False)
            self.plain_network.load_state_dict(checkpoint["network_weights"])
            self.print_to_log_file(f"The model of epoch {checkpoint['current_epoch'] - 1} was the best.")
        super().on_train_end()

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Predicts the outer fold once by exact tiling: segmentations, probability maps and nnU-Net's summary."""
        self.set_deep_supervision_enabled(False)
        self.network.eval()
        validate_fold(self, save_probabilities)
        self.set_deep_supervision_enabled(True)

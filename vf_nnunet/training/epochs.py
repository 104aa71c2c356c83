"""nnU-Net's training loop, controlled by the history of the inner validation."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from time import perf_counter, time
from typing import Any, cast

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.network.device import precision
from vf_nnunet.network.dual_pathway import DualPathwayNet
from vf_nnunet.network.processor import turn
from vf_nnunet.nnunet.checks import check_origin, check_weights, other_fold, read_checkpoint
from vf_nnunet.nnunet.names import BEST_CHECKPOINT
from vf_nnunet.training.annealing import has_stalled, is_best, scheduled_learning_rate
from vf_nnunet.training.data import WaitingTime
from vf_nnunet.training.loss import NonFiniteLossError, non_finite_cases
from vf_nnunet.training.optimizer import optimisation_step
from vf_nnunet.training.settings import TrainingSettings, check_continuation, check_retired

INNER_VALIDATION_STREAM = 2**32 - 1
"""Takes the place of the epoch in the seed of the inner validation's segments, which are the same in every epoch."""


class EpochTrainer(nnUNetTrainer):
    """The training loop; subclasses define the network, the loss and the data.

    Learning rate, final model and end of the training are functions of the logged history, and every epoch has its own
    seeds. A continued training therefore needs nothing beyond nnU-Net's checkpoints.

    Attributes:
        settings: Settings of the training.
        my_init_kwargs: The constructor's arguments, which nnU-Net writes into every checkpoint.
        begun_with: Content of the plans in the checkpoint that was loaded, if any.
        loaded: Name of the checkpoint that was loaded last, if any.
        waiting_share: Share of the last epoch's training time that was spent waiting for segments.
    """

    settings: TrainingSettings
    my_init_kwargs: dict[str, Any]
    begun_with: dict[str, Any] | None = None
    waiting_share = 0.0
    loaded: str | None = None

    @property
    def plain_network(self) -> DualPathwayNet:
        """The network itself, even if torch.compile has wrapped it."""
        return cast(DualPathwayNet, getattr(self.network, "_orig_mod", self.network))

    def seed_words(self, epoch: int) -> list[int]:
        """Seed of an epoch or of a stream of segments of this fold."""
        fold = self.fold if isinstance(self.fold, int) else INNER_VALIDATION_STREAM
        return [int(part) for part in np.random.SeedSequence([self.settings.seed, fold, epoch]).generate_state(4)]

    def run_training(self) -> None:
        """nnU-Net's loop; it ends early when the inner validation stalls, and measures the wait for segments.

        Raises:
            InputError: If the training began with other settings, or the plans hold one of an earlier version.
        """
        check_retired(self.plans_manager.plans)
        if self.begun_with is not None:
            plans, name = self.plans_manager.plans, self.configuration_name
            check_continuation(Path(self.output_folder), self.begun_with, plans, name)
        self.on_train_start()
        while self.current_epoch < self.num_epochs and not self._has_stalled():
            self.on_epoch_start()
            self.on_train_epoch_start()
            self.on_train_epoch_end(self._train_steps())
            with torch.no_grad():
                self.on_validation_epoch_start()
                steps = range(self.num_val_iterations_per_epoch)
                self.on_validation_epoch_end([self.validation_step(next(self.dataloader_val)) for _ in steps])
            self.on_epoch_end()
        self.on_train_end()

    def _has_stalled(self) -> bool:
        stalled = has_stalled(self.settings.schedule, self._validation_history(), self.settings.stop_patience)
        if stalled:
            self.print_to_log_file(f"The inner validation has not improved for {self.settings.stop_patience} epochs.")
        return stalled

    def _validation_history(self) -> list[float]:
        history: list[float] = self.logger.get_value("mean_fg_dice", step=None)
        return history

    def _train_steps(self) -> list[dict[str, Any]]:
        started = perf_counter()
        batches = WaitingTime(self.dataloader_train)
        losses = [self.train_step(batch) for batch in islice(batches, self.num_iterations_per_epoch)]
        self.waiting_share = batches.seconds / (perf_counter() - started)
        return losses

    def on_epoch_start(self) -> None:
        """Seed the epoch, so that a continued training draws what an uninterrupted one would."""
        super().on_epoch_start()
        torch.manual_seed(self.seed_words(self.current_epoch)[0])

    def on_train_epoch_start(self) -> None:
        """Set and log the scheduled learning rate."""
        self.network.train()
        rate = scheduled_learning_rate(self.settings, self._validation_history())
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.print_to_log_file("")
        self.print_to_log_file(f"Epoch {self.current_epoch}")
        self.print_to_log_file(f"Current learning rate: {rate:.2g}")
        self.logger.log("lrs", rate, self.current_epoch)

    def train_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """nnU-Net's step with the clipping of the settings, in half precision where that is faster."""
        data = batch["data"].to(self.device, non_blocking=True)
        target = [labels.to(self.device, non_blocking=True) for labels in batch["target"]]
        self.optimizer.zero_grad(set_to_none=True)
        with self._processor():
            with self._naming_cases(batch), precision(self.device):
                loss = self.loss(self.network(data), target)
            optimisation_step(
                loss, self.optimizer, self.network.parameters(), self.settings.gradient_clip, self.grad_scaler
            )
        return {"loss": loss.detach().cpu().numpy()}

    def validation_step(self, batch: dict[str, Any]) -> dict[str, Any]:
        """nnU-Net's step, in bfloat16 where the processor supports it."""
        half = precision(self.device) if self.device.type == "cpu" else nullcontext()
        with self._processor(), self._naming_cases(batch), half:
            result: dict[str, Any] = super().validation_step(batch)
        return result

    def _processor(self) -> AbstractContextManager[object]:
        """A turn on the processor, if that is the device."""
        return turn(torch.get_num_threads()) if self.device.type == "cpu" else nullcontext()

    @contextmanager
    def _naming_cases(self, batch: dict[str, Any]) -> Iterator[None]:
        """Stop at a loss that is not finite, and name the cases that caused it."""
        try:
            yield
        except NonFiniteLossError as error:
            cases = non_finite_cases(batch["data"], batch["keys"], error)
            raise InputError(
                f"{self.output_folder}: {error} in epoch {self.current_epoch} on {cases}; "
                "the checkpoints of the epochs before are kept"
            ) from None

    def on_validation_epoch_start(self) -> None:
        """Restart the inner validation's segments, so that epochs can be compared."""
        super().on_validation_epoch_start()
        self.dataloader_val.data_loader.restart()

    def on_epoch_end(self) -> None:
        """Log the epoch and save the checkpoint; the best is that with the highest mean foreground Dice."""
        self.logger.log("epoch_end_timestamps", time(), self.current_epoch)
        history = self._validation_history()
        started, ended = (self.logger.get_value(f"epoch_{end}_timestamps", step=-1) for end in ("start", "end"))
        self.print_to_log_file(
            f"train loss {self.logger.get_value('train_losses', step=-1):.4f}, "
            f"inner validation loss {self.logger.get_value('val_losses', step=-1):.4f}, "
            f"foreground Dice {history[-1]:.4f}, {ended - started:.1f} s, "
            f"{self.waiting_share:.1%} of the training spent waiting for segments"
        )
        # The best first: if the training is stopped between the two, this epoch is repeated and saved again.
        if is_best(history):
            self.save_checkpoint(os.path.join(self.output_folder, BEST_CHECKPOINT))
        self.save_checkpoint(os.path.join(self.output_folder, "checkpoint_latest.pth"))
        self.logger.plot_progress_png(self.output_folder)
        self.current_epoch += 1

    def save_checkpoint(self, filename: str) -> None:
        """As in nnU-Net, but a file is only replaced by a complete one."""
        if self.disable_checkpointing:
            super().save_checkpoint(filename)
            return
        with atomic_file(Path(filename)) as temporary:
            super().save_checkpoint(str(temporary))

    def load_checkpoint(self, filename_or_checkpoint: str) -> None:
        """As in nnU-Net, but a damaged file or weights of another network give a one-line error."""
        if not self.was_initialized:
            self.initialize()
        path = Path(filename_or_checkpoint)
        checkpoint = read_checkpoint(path)
        check_weights(path, checkpoint["network_weights"], self.plain_network)
        check_origin(path, checkpoint, self.plans_manager.plans, self.configuration_name)
        if (trained := other_fold(path, checkpoint)) is not None:
            raise InputError(
                f"{path}: was trained as fold {trained}; expected the checkpoint of {path.parent.name}, whose outer "
                "cases the other fold has seen: copy back its own, or train it anew in an empty folder"
            )
        self.loaded = path.name
        own_arguments = self.my_init_kwargs
        super().load_checkpoint(filename_or_checkpoint)
        # Otherwise nnU-Net would write the plans with which the training began into every later checkpoint.
        self.begun_with = self.my_init_kwargs["plans"]
        self.my_init_kwargs = own_arguments

    def on_train_end(self) -> None:
        """Take the model that was best in the inner validation, unless the settings ask for the last.

        Without checkpoints it is the last; a best checkpoint in the folder is then another training's.
        """
        best = Path(self.output_folder) / BEST_CHECKPOINT
        if self.settings.final_model == "best" and not self.disable_checkpointing and best.is_file():
            checkpoint = read_checkpoint(best)
            self.plain_network.load_state_dict(checkpoint["network_weights"])
            self.print_to_log_file(f"The model of epoch {checkpoint['current_epoch'] - 1} was the best.")
        super().on_train_end()

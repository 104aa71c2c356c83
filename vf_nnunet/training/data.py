"""The streams of segments that a training learns from and is judged by."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from batchgenerators.dataloading.multi_threaded_augmenter import MultiThreadedAugmenter
from batchgenerators.dataloading.single_threaded_augmenter import SingleThreadedAugmenter
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA

from vf_nnunet.training.augmentation import training_transforms, validation_transforms
from vf_nnunet.training.class_shares import class_shares
from vf_nnunet.training.sampling import SegmentLoader
from vf_nnunet.training.segments import SegmentGeometry

if TYPE_CHECKING:
    from vf_nnunet.training.trainer import nnUNetTrainerVF

HELD_BYTES = 2**30
"""Of decompressed cases in either stream of the training process; two thirds of the time to load a batch is their
decompression. Worker processes hold none, since each would have its own copy."""
SECONDS_BETWEEN_LOOKS = 0.002
"""At a worker's queue; less than a step takes."""


def segment_streams(trainer: "nnUNetTrainerVF", seed: list[int], validation_seed: list[int]) -> tuple[Any, Any]:
    """Training segments, augmented, from the trainer's epoch on; inner validation segments, the same in each epoch.

    On a CPU the training process loads the segments itself: the processor is busy with the steps.
    """
    training, inner = trainer.get_tr_and_val_datasets()
    context = trainer.plain_network.architecture.context
    z, y, x = trainer.configuration_manager.patch_size
    geometry = SegmentGeometry((z, y, x), context, trainer.settings.reflected_border)
    shares = class_shares(trainer.settings, trainer.dataset_json["labels"])
    workers = 0 if trainer.device.type == "cpu" else get_allowed_n_proc_DA()
    loader = SegmentLoader(
        training,
        trainer.batch_size,
        geometry,
        trainer.label_manager,
        training_transforms(trainer.settings, context),
        seed,
        shares,
        workers=max(1, workers),
        held_bytes=0 if workers else HELD_BYTES,
    )
    loader.restart(trainer.current_epoch * trainer.num_iterations_per_epoch)
    validation = SegmentLoader(
        inner,
        trainer.batch_size,
        SegmentGeometry((z, y, x), context),
        trainer.label_manager,
        validation_transforms(context),
        validation_seed,
        shares,
        held_bytes=HELD_BYTES,
    )
    return _in_order(loader, workers, trainer.device.type == "cuda"), SingleThreadedAugmenter(validation, None)


def _in_order(loader: SegmentLoader, workers: int, pin_memory: bool) -> Any:
    """The loader's batches in the stream's order, drawn by worker processes where there are any."""
    if workers == 0:
        return SingleThreadedAugmenter(loader, None)
    return MultiThreadedAugmenter(loader, None, workers, pin_memory=pin_memory, wait_time=SECONDS_BETWEEN_LOOKS)


class WaitingTime(Iterator[Any]):
    """An iterator that knows how long its user has waited for it.

    Attributes:
        seconds: In all.
    """

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self.seconds = 0.0

    def __next__(self) -> Any:
        started = time.perf_counter()
        batch = next(self._batches)
        self.seconds += time.perf_counter() - started
        return batch

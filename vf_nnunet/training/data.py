"""The streams of segments that a training learns from and is validated on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch
from batchgenerators.dataloading.multi_threaded_augmenter import MultiThreadedAugmenter
from batchgenerators.dataloading.single_threaded_augmenter import SingleThreadedAugmenter
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetBaseDataset
from nnunetv2.utilities.default_n_proc_DA import get_allowed_n_proc_DA
from nnunetv2.utilities.label_handling.label_handling import LabelManager

from vf_nnunet.training.augmentation import no_transforms, training_transforms
from vf_nnunet.training.sampling import NearVertebrae, SegmentLoader, Shares
from vf_nnunet.training.segments import SegmentGeometry
from vf_nnunet.training.settings import HELD_BYTES, TrainingSettings

QUEUE_POLL_SECONDS = 0.002
"""Time between two looks at a worker's queue; less than a training step takes."""


@dataclass(frozen=True)
class BatchPlan:
    """What the batches of both streams have in common.

    Attributes:
        batch_size: Segments per batch.
        segment_size: (z, y, x) voxels that the network reads of a segment.
        context: (z, y, x) voxels at each side of a segment that are read and not predicted.
        label_manager: nnU-Net's.
        shares: Relative share of each group of labels among the segments' centres.
        near: Where background is drawn near vertebrae.
    """

    batch_size: int
    segment_size: tuple[int, int, int]
    context: tuple[int, int, int]
    label_manager: LabelManager
    shares: Shares
    near: NearVertebrae


def training_stream(
    cases: nnUNetBaseDataset,
    plan: BatchPlan,
    settings: TrainingSettings,
    seed: Sequence[int],
    device: torch.device,
    first_batch: int = 0,
) -> Any:
    """Augmented segments, from `first_batch` of the stream on.

    On a CPU the training process loads the segments itself, as the processor is busy with the training steps; otherwise
    worker processes do.
    """
    workers = 0 if device.type == "cpu" else get_allowed_n_proc_DA()
    loader = SegmentLoader(
        cases,
        plan.batch_size,
        SegmentGeometry(plan.segment_size, plan.context),
        plan.label_manager,
        training_transforms(settings),
        seed,
        plan.shares,
        plan.near,
        workers=max(1, workers),
        held_bytes=0 if workers else HELD_BYTES,
    )
    loader.restart(first_batch)
    if workers == 0:
        return SingleThreadedAugmenter(loader, None)
    pin_memory = device.type == "cuda"
    return MultiThreadedAugmenter(loader, None, workers, pin_memory=pin_memory, wait_time=QUEUE_POLL_SECONDS)


def validation_stream(cases: nnUNetBaseDataset, plan: BatchPlan, seed: Sequence[int]) -> Any:
    """Segments without augmentation, loaded by the training process."""
    loader = SegmentLoader(
        cases,
        plan.batch_size,
        SegmentGeometry(plan.segment_size, plan.context),
        plan.label_manager,
        no_transforms(),
        seed,
        plan.shares,
        plan.near,
        held_bytes=HELD_BYTES,
    )
    return SingleThreadedAugmenter(loader, None)


def drawn_classes(stream: Any) -> list[int]:
    """The labels on which the segments of a stream are centred; a class without voxels is not among them."""
    loader = stream.data_loader if isinstance(stream, SingleThreadedAugmenter) else stream.generator
    classes: list[int] = loader.classes
    return classes


class WaitingTime(Iterator[Any]):
    """An iterator that measures how long its user waits for it.

    Attributes:
        seconds: Total time so far.
    """

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self.seconds = 0.0

    def __next__(self) -> Any:
        started = perf_counter()
        batch = next(self._batches)
        self.seconds += perf_counter() - started
        return batch

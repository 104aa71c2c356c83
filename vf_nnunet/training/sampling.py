"""Draw segments by class: the paper's "weighted regime"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform
from nnunetv2.training.dataloading.data_loader import nnUNetDataLoader
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetBaseDataset
from nnunetv2.utilities.label_handling.label_handling import LabelManager

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.labels import BACKGROUND
from vf_nnunet.network.reflection import read_reflected
from vf_nnunet.training.segments import SegmentGeometry

MAX_BACKGROUND_DRAWS = 1000
"""Voxels that are tried before a case is taken to have no background."""

Shares = Mapping[tuple[int, ...], float]
"""Relative share of each group of labels among the centres of the segments."""


@dataclass(frozen=True)
class NearVertebrae:
    """Where background is drawn near vertebrae.

    Attributes:
        share: Share of the segments of background that are drawn there, in cases with a vertebra.
        distance: Largest distance of their centres, along each axis and in voxels, from a voxel of a vertebra.
    """

    share: float
    distance: int


EVERYWHERE = NearVertebrae(share=0.0, distance=0)
"""Background is drawn from the whole image."""


class SegmentLoader(nnUNetDataLoader):
    """Batches of segments with fixed shares of background, normal and fracture at their centres.

    If no case has a class, the other classes of its group get its share, or all others if it has no group. Within a
    class, a case is drawn uniformly, then a voxel. Every voxel of an image can be drawn, up to its borders, where the
    context is reflected as in prediction. Ignored voxels are never centres. Of the segments of background, a share can
    be drawn near vertebrae.

    The stream is a function of its seed: batch i is the same whichever worker process draws it, however many there are,
    and whether the training began at batch 0 or continues from batch i.

    Args:
        data: nnU-Net's preprocessed cases.
        batch_size: Segments per batch.
        geometry: Size and position of the segments.
        label_manager: nnU-Net's.
        transforms: Applied to each segment.
        seed: Seed of the stream.
        shares: Relative share of each group of labels, of which the labels that occur have equal parts; 1 for a label
            that is not given.
        near: Where background is drawn near vertebrae.
        workers: Processes that draw from the stream in turn.
        held_bytes: Cases are kept decompressed in memory up to this size; the others are read again for every segment.

    Raises:
        InputError: If no case has a voxel of a vertebra.
    """

    def __init__(
        self,
        data: nnUNetBaseDataset,
        batch_size: int,
        geometry: SegmentGeometry,
        label_manager: LabelManager,
        transforms: BasicTransform,
        seed: Sequence[int],
        shares: Shares = MappingProxyType({}),
        near: NearVertebrae = EVERYWHERE,
        workers: int = 1,
        held_bytes: int = 0,
    ) -> None:
        super().__init__(data, batch_size, geometry.size, geometry.size, label_manager, transforms=transforms)
        self.geometry = geometry
        self.near = near
        self.seed = list(seed)
        self.workers = workers
        self.free_bytes = held_bytes
        self.next_batch = 0
        self.generator = np.random.default_rng(self.seed)
        self.centres = _foreground_centres(data, label_manager.foreground_labels)
        self._opened: dict[str, tuple[Any, Any]] = {}
        self.classes = [BACKGROUND, *self.centres]
        self.shares = label_shares(shares, self.classes)
        if not self.centres:
            names = shortened_list(list(self.indices))
            raise InputError(f"cases {names}: no voxel of a vertebra; expected labels with vertebrae")

    def restart(self, batch: int = 0) -> None:
        """Continue with this batch of the stream."""
        self.next_batch = batch

    def set_thread_id(self, thread_id: int) -> None:
        """Called once in each worker process, which then draws only the batches of its turn."""
        super().set_thread_id(thread_id)
        self.next_batch += thread_id

    def generate_train_batch(self) -> dict[str, Any]:
        """nnU-Net's batch: data float32 (B, C, z, y, x), keys, and target, a list of int16 (B, 1, z, y, x).

        The target has the predicted voxels only. They lie in the middle of the segment, so flips move both alike.
        """
        self.generator = np.random.default_rng([*self.seed, self.next_batch])
        self.next_batch += self.workers
        # The transforms draw from torch's generator, which dropout also uses in the training process.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(self.generator.integers(2**63)))
            return self._batch()

    def _batch(self) -> dict[str, Any]:
        places = systematic_sample(self.shares, self.batch_size, self.generator.random())
        keys, samples = zip(*(self._sample(self.classes[place]) for place in places), strict=True)
        return {
            "data": torch.stack([sample["image"] for sample in samples]),
            "target": [torch.stack([sample["segmentation"] for sample in samples])],
            "keys": list(keys),
        }

    def _sample(self, label: int) -> tuple[str, dict[str, Any]]:
        candidates = self.indices if label == BACKGROUND else list(self.centres[label])
        key = candidates[self.generator.integers(len(candidates))]
        data, labels = self._open(key)
        shape = data.shape[1:]
        centre = self._background_centre(key, labels) if label == BACKGROUND else self._draw(self.centres[label][key])
        starts = self.geometry.starts(centre, shape)
        predicted = [start + margin for start, margin in zip(starts, self.geometry.context, strict=True)]
        target = np.maximum(read_reflected(labels, predicted, self.geometry.predicted_size), BACKGROUND)
        sample: dict[str, Any] = self.transforms(
            image=torch.from_numpy(read_reflected(data, starts, self.geometry.size)).float(),
            segmentation=torch.from_numpy(target.astype(np.int16)),
        )
        return key, sample

    def _open(self, key: str) -> tuple[Any, Any]:
        """Image and labels of a case, opened once. nnU-Net would also read the properties again for every segment."""
        if key not in self._opened:
            data, labels, _, _ = self._data.load_case(key)
            if data.nbytes + labels.nbytes <= self.free_bytes:
                self.free_bytes -= data.nbytes + labels.nbytes
                data, labels = np.asarray(data[:]), np.asarray(labels[:])
            self._opened[key] = data, labels
        return self._opened[key]

    def _draw(self, centres: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
        row: npt.NDArray[np.int64] = centres[self.generator.integers(len(centres))].astype(np.int64)
        return row

    def _background_centre(self, key: str, labels: Any) -> npt.NDArray[np.int64]:
        draw = self._place_near_vertebra if self._is_near(key) else self._any_place
        for _ in range(MAX_BACKGROUND_DRAWS):
            centre = draw(key, labels.shape[1:])
            z, y, x = centre
            if int(np.asarray(labels[0, int(z), int(y), int(x)])) <= BACKGROUND:
                break
        return centre

    def _is_near(self, key: str) -> bool:
        """Whether this segment is drawn near a vertebra. Without a share, the stream stays what it was without it."""
        if self.near.share == 0 or not any(key in cases for cases in self.centres.values()):
            return False
        return bool(self.generator.random() < self.near.share)

    def _any_place(self, _: str, shape: Sequence[int]) -> npt.NDArray[np.int64]:
        return self.generator.integers(shape)

    def _place_near_vertebra(self, key: str, shape: Sequence[int]) -> npt.NDArray[np.int64]:
        labels = [label for label, cases in self.centres.items() if key in cases]
        voxel = self._draw(self.centres[labels[self.generator.integers(len(labels))]][key])
        offset = self.generator.integers(-self.near.distance, self.near.distance, size=3, endpoint=True)
        place: npt.NDArray[np.int64] = np.clip(voxel + offset, 0, np.array(shape) - 1)
        return place


def label_shares(shares: Shares, occurring: Sequence[int]) -> list[float]:
    """Relative share of each label that occurs: an equal part of its group's share.

    Args:
        shares: By group of labels; a label without a group has 1.
        occurring: The labels that occur.
    """
    parts = dict.fromkeys(occurring, 1.0)
    for group, share in shares.items():
        members = [label for label in group if label in parts]
        parts |= {label: share / len(members) for label in members}
    return [parts[label] for label in occurring]


def systematic_sample(shares: Sequence[float], batch_size: int, offset: float) -> list[int]:
    """Draw the class of each segment of a batch by systematic sampling.

    The shares are laid end to end and sampled at equidistant points. The number of segments of a class differs from its
    share of the batch by less than one; on average over `offset` it is exactly the share.

    Args:
        shares: Relative share of each class.
        batch_size: Segments in the batch.
        offset: Position of the first point, from 0 to 1 of the distance between two points.

    Returns:
        Each segment's class as an index into `shares`.
    """
    ends = np.cumsum(shares)
    points = (np.arange(batch_size) + offset) / batch_size * ends[-1]
    # Rounding may put the last point on the last end.
    places: list[int] = np.minimum(np.searchsorted(ends, points, side="right"), len(shares) - 1).tolist()
    return places


def _foreground_centres(
    data: nnUNetBaseDataset, foreground_labels: Sequence[int]
) -> dict[int, dict[str, npt.NDArray[np.int32]]]:
    """For each label that occurs, the possible centres (n, 3) in each case with at least one.

    They are nnU-Net's `class_locations`: all voxels of a label, or a random subsample of them.
    """
    centres: dict[int, dict[str, npt.NDArray[np.int32]]] = {label: {} for label in foreground_labels}
    for key in data.identifiers:
        _, _, _, properties = data.load_case(key)
        for label in foreground_labels:
            voxels = np.asarray(properties["class_locations"].get(label, ()), dtype=np.int32).reshape(-1, 4)[:, 1:]
            if len(voxels):
                centres[label][key] = voxels
    return {label: cases for label, cases in centres.items() if cases}

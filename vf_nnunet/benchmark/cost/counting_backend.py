"""A backend that counts what it computes."""

from math import prod

from vf_nnunet.benchmark.cost.network_cost import count_block, touched_voxels
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.weights import FloatArray


class CountingBackend:
    """Implements `Backend` by another one.

    Attributes:
        blocks: Number of blocks computed by the whole network.
        voxels_touched: Voxels that the first convolutions have read, with the context of every block.
        macs: Multiply-adds.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.ensemble = backend.ensemble
        self.bytes_per_value = backend.bytes_per_value
        self.blocks = self.voxels_touched = self.macs = 0

    @property
    def device_memory_gb(self) -> float | None:
        """See `Backend`."""
        return self._backend.device_memory_gb

    def subsampled_features(self, image: FloatArray) -> list[FloatArray]:
        """See `Backend.subsampled_features`."""
        self._count_subsampled(image)
        return self._backend.subsampled_features(image)

    def probe_scores(self, image: FloatArray) -> list[FloatArray]:
        """See `Backend.probe_scores`; the probe itself, a weight per feature, is not counted."""
        self._count_subsampled(image)
        return self._backend.probe_scores(image)

    def _count_subsampled(self, image: FloatArray) -> None:
        for weights in self.ensemble.weights:
            size = image.shape[1:]
            self.voxels_touched += prod(size)
            for layer in weights.subsampled:
                size = tuple(full - kernel + 1 for full, kernel in zip(size, layer.weight.shape[2:], strict=True))
                self.macs += layer.weight.size * prod(size)

    def probabilities(self, block: FloatArray) -> FloatArray:
        """See `Backend.probabilities`."""
        architecture, folds = self.ensemble.architecture, len(self.ensemble.folds)
        self.blocks += 1
        self.voxels_touched += folds * touched_voxels(architecture, block.shape[1:])
        self.macs += folds * count_block(architecture, block.shape[1:], self.ensemble.classes)
        return self._backend.probabilities(block)

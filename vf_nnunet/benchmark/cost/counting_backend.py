"""A backend that counts what it computes."""

from vf_nnunet.benchmark.cost.network_cost import count_block, touched_voxels
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.weights import FloatArray


class CountingBackend:
    """Implements `Backend` by another one.

    Attributes:
        blocks: Number of blocks computed.
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

    def probabilities(self, block: FloatArray) -> FloatArray:
        """See `Backend.probabilities`."""
        architecture, folds = self.ensemble.architecture, len(self.ensemble.folds)
        self.blocks += 1
        self.voxels_touched += folds * touched_voxels(architecture, block.shape[1:])
        self.macs += folds * count_block(architecture, block.shape[1:])
        return self._backend.probabilities(block)

"""The interface that every backend implements."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, get_args

from vf_nnunet.inference.weights import Ensemble, FloatArray

BackendName = Literal["openvino", "torch"]
BACKENDS: tuple[BackendName, ...] = get_args(BackendName)
Precision = Literal["half", "float32"]

ALLOCATION_FAILURES = ("out of memory", "alloc")
"""Parts of the messages of torch ("CUDA out of memory", "DefaultCPUAllocator: can't allocate"), of CUDA's libraries
("ALLOC_FAILED") and of OpenVINO ("Failed to allocate", "bad_alloc"). "Memory" alone also occurs in the messages of
defects ("illegal memory access")."""


class Backend(Protocol):
    """Computes blocks of an image, each with the context that the network reads.

    Attributes:
        ensemble: The folds that are computed.
        bytes_per_value: Size of an intermediate feature: 2 in half precision, otherwise 4.
    """

    ensemble: Ensemble
    bytes_per_value: int

    @property
    def device_memory_gb(self) -> float | None:
        """Free memory of a device that has its own, in 10^9 bytes; None if the host's memory is used."""

    def subsampled_features(self, image: FloatArray) -> list[FloatArray]:
        """Compute the last features of the subsampled pathway alone, in half precision where that is faster.

        Args:
            image: (C, z, y, x), the voxels that this pathway reads (`Architecture.block_centres`), with their context.

        Returns:
            For each fold (channels, z, y, x), one value per block of subsampling_factor voxels.

        Raises:
            MemoryError: If the image is too large for the device.
        """

    def probe_scores(self, image: FloatArray) -> list[FloatArray]:
        """As `subsampled_features`, then each fold's probe: its score, whose logistic function is the probability.

        Returns:
            For each fold (1, z, y, x).

        Raises:
            ValueError: If a fold has no probe.
        """

    def probabilities(self, block: FloatArray) -> FloatArray:
        """Compute the mean of the folds' probabilities.

        Args:
            block: (C, z, y, x). Without the context, each size is a multiple of the subsampling factor.

        Returns:
            (classes, z - 2 context_z, y - 2 context_y, x - 2 context_x).

        Raises:
            MemoryError: If the block is too large for the device.
        """


@contextmanager
def allocation_errors() -> Iterator[None]:
    """Turn a library's RuntimeError about a failed allocation into a MemoryError with a one-line message."""
    try:
        yield
    except RuntimeError as error:
        message = " ".join(str(error).split())
        if any(part in message.lower() for part in ALLOCATION_FAILURES):
            raise MemoryError(message) from error
        raise

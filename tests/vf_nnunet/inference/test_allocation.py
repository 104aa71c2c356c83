"""Which errors say that there is not enough memory."""

import numpy as np
import pytest
import torch

from vf_nnunet.inference.allocation import allocation_errors


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 79.11 GiB",
        "MPS backend out of memory (MPS allocated: 18.00 GiB)",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "Exception from src/inference/src/cpp/infer_request.cpp:223:\nFailed to allocate 9000000000 bytes of memory",
        "std::bad_alloc",
    ],
)
def test_too_little_memory(message: str) -> None:
    with pytest.raises(MemoryError) as error, allocation_errors():
        raise RuntimeError(message)
    assert str(error.value) == message.replace("\n", " ")


def test_torchs_own_error_of_a_gpu() -> None:
    with pytest.raises(MemoryError), allocation_errors():
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")


def test_torchs_own_error_of_a_cpu() -> None:
    """A petabyte, which no machine promises."""
    voxels = torch.zeros(1).expand(2**48)
    with pytest.raises(MemoryError), allocation_errors():
        voxels.contiguous()


def test_a_defect_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="illegal memory access"), allocation_errors():
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(ValueError, match="reshape"), allocation_errors():
        np.zeros(2).reshape(3)

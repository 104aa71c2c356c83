"""Checkpoints as arrays, read without torch, whose import takes longer than everything else before a prediction."""

import pickle
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from vf_nnunet.nnunet.checks import read_checkpoint, unreadable

Array = npt.NDArray[Any]
LITTLE_ENDIAN = b"little"
"""Byte order of the numbers, where a checkpoint says it."""
WRONG_CHECKSUM = "CRC"
"""Part of the message of `zipfile` about it."""
STORAGES: Mapping[str, str] = MappingProxyType(
    {
        "DoubleStorage": "<f8",
        "FloatStorage": "<f4",
        "HalfStorage": "<f2",
        "LongStorage": "<i8",
        "IntStorage": "<i4",
        "ShortStorage": "<i2",
        "CharStorage": "i1",
        "ByteStorage": "u1",
        "BoolStorage": "?",
    }
)
"""Type of the numbers in each of torch's storages."""
HARMLESS = frozenset(
    {
        ("_codecs", "encode"),
        ("collections", "OrderedDict"),
        ("numpy", "dtype"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy.core.multiarray", "scalar"),
    }
)
"""Other names in nnU-Net's checkpoints."""


def read_checkpoint_arrays(path: Path) -> dict[str, Any]:
    """Read a checkpoint, with an array for each tensor.

    A checkpoint of nnU-Net holds tensors, numbers and texts, and is then read without torch and without running any
    code in it. Anything else is read with torch, which also says what is wrong with a damaged file. Only checksums are
    not left to torch, which does not compare them.

    Raises:
        InputError: If the file is damaged.
    """
    try:
        return _read(path)
    except (OSError, ValueError, LookupError, TypeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        if WRONG_CHECKSUM in str(error):
            raise unreadable(path, str(error)) from error
        return {name: _without_tensors(value) for name, value in read_checkpoint(path).items()}


def _without_tensors(value: Any) -> Any:
    """The value with arrays instead of tensors."""
    if isinstance(value, Mapping):
        return {name: _without_tensors(entry) for name, entry in value.items()}
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _read(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        (listing,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        folder = listing.removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != LITTLE_ENDIAN:
            raise ValueError("numbers are not little-endian")
        with archive.open(listing) as file:
            content: dict[str, Any] = _Unpickler(file, lambda key: archive.read(f"{folder}data/{key}")).load()
    return content


class _Unpickler(pickle.Unpickler):
    """Makes arrays of torch's tensors, and refuses everything but numbers and texts beside them.

    Args:
        file: The pickle.
        read: Reads the bytes of a storage by its key.
    """

    def __init__(self, file: IO[bytes], read: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._read = read

    def persistent_load(self, reference: Any) -> Array:
        """A storage as an array of one axis."""
        kind, storage, key, _, size = reference
        if kind != "storage":
            raise pickle.UnpicklingError(f"{kind} found; expected a storage")
        return np.frombuffer(self._read(key), STORAGES[storage], size)

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for."""
        if module == "torch" and name in STORAGES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("torch", "device"):
            return _device
        if (module, name) not in HARMLESS:
            raise pickle.UnpicklingError(f"{module}.{name} found; expected tensors, numbers and texts")
        return super().find_class(module, name)


def _tensor(storage: Array, offset: int, size: Sequence[int], stride: Sequence[int], *_: Any) -> Array:
    """A copy of the tensor's elements in a storage."""
    if offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True)) >= max(len(storage), 1):
        raise pickle.UnpicklingError(f"tensor of {tuple(size)}; expected it within its {len(storage)} numbers")
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], tuple(size), strides).copy()


def _device(*names: Any) -> str:
    """The name of a device."""
    return ":".join(map(str, names))

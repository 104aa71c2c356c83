"""Reading checkpoints without torch gives what torch gives."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet import checkpoint_arrays
from vf_nnunet.nnunet.checkpoint_arrays import read_checkpoint_arrays

TENSORS = {
    "plain": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7,
    "transposed": torch.arange(6.0).reshape(2, 3).T,
    "part": torch.arange(10)[3:7],
    "scalar": torch.tensor(5),
    "empty": torch.zeros(0, 3),
    "double": torch.tensor([1 / 3], dtype=torch.float64),
    "truth": torch.tensor([True, False]),
}


def _saved(path: Path, content: dict[str, Any]) -> Path:
    torch.save(content, path)
    return path


def _no_torch(path: Path) -> dict[str, Any]:
    pytest.fail(f"{path} was read with torch")


def test_tensors_numbers_and_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_arrays, "read_checkpoint", _no_torch)
    beside = {"epoch": 3, "best": np.float64(0.5), "init_args": {"fold": 0, "device": torch.device("cpu")}}
    found = read_checkpoint_arrays(_saved(tmp_path / "c.pth", {"network_weights": TENSORS, **beside}))
    for name, tensor in TENSORS.items():
        array = found["network_weights"][name]
        assert array.dtype == tensor.numpy().dtype
        np.testing.assert_array_equal(array, tensor.numpy())
    assert (found["epoch"], found["best"], found["init_args"]) == (3, 0.5, {"fold": 0, "device": "cpu"})


def test_other_content_is_read_with_torch(tmp_path: Path) -> None:
    content = {"network_weights": {"a": torch.ones(2)}, "where": Path("x")}
    found = read_checkpoint_arrays(_saved(tmp_path / "c.pth", content))
    np.testing.assert_array_equal(found["network_weights"]["a"], [1, 1])
    assert found["where"] == Path("x")


class _Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemError('ran')",)


def test_no_code_in_a_pickle_is_run_without_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_arrays, "read_checkpoint", lambda _: {"read with": "torch"})
    assert read_checkpoint_arrays(_saved(tmp_path / "c.pth", {"a": _Malicious()})) == {"read with": "torch"}


def test_a_tensor_beyond_its_storage_is_refused() -> None:
    with pytest.raises(pickle.UnpicklingError, match=r"tensor of \(3,\); expected it within its 2 numbers"):
        checkpoint_arrays._tensor(np.zeros(2), 0, (3,), (1,))


@pytest.mark.parametrize("kept", [0, 100, 1500])
def test_a_truncated_file(tmp_path: Path, kept: int) -> None:
    path = _saved(tmp_path / "c.pth", {"network_weights": TENSORS})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="cannot be read as a checkpoint"):
        read_checkpoint_arrays(path)


def test_a_changed_bit_is_noticed(tmp_path: Path) -> None:
    path = _saved(tmp_path / "c.pth", {"network_weights": TENSORS})
    content, numbers = bytearray(path.read_bytes()), TENSORS["plain"].numpy().tobytes()
    content[content.index(numbers)] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read as a checkpoint \(Bad CRC-32 .*\); copy or train it again"):
        read_checkpoint_arrays(path)


def test_torch_is_not_imported(tmp_path: Path) -> None:
    path = _saved(tmp_path / "c.pth", {"network_weights": TENSORS})
    code = (
        "import sys; from pathlib import Path; from vf_nnunet.nnunet.checkpoint_arrays import read_checkpoint_arrays; "
        "read_checkpoint_arrays(Path(sys.argv[1])); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)

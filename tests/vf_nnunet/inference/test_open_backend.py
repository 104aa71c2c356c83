"""The fastest backend that is available is opened, and one that cannot be used is refused."""

import sys

import pytest
import torch

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.weights import Ensemble

FIND_SPEC = "vf_nnunet.inference.open_backend.find_spec"


def test_an_unknown_backend_is_named(ensemble: Ensemble) -> None:
    with pytest.raises(InputError, match="backend tensorflow: unknown; expected one of openvino, torch"):
        open_backend(ensemble, "tensorflow")


def test_openvino_refuses_a_gpu(ensemble: Ensemble) -> None:
    for device in ("cuda", "cuda:1", "mps"):
        with pytest.raises(InputError, match="needs --backend torch"):
            open_backend(ensemble, "openvino", device)


@pytest.mark.parametrize(("backend", "package"), [("openvino", r"vf_nnunet\[openvino\]"), ("torch", "torch")])
def test_a_missing_backend_says_how_to_install_it(
    backend: str, package: str, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FIND_SPEC, lambda name: None)
    with pytest.raises(InputError, match=f'pip install "{package}"'):
        open_backend(ensemble, backend)


@pytest.mark.parametrize("torch_is_there", [True, False])
def test_a_gpu_that_torch_cannot_use_is_not_used(
    torch_is_there: bool, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NVIDIA's driver is installed, but torch is a CPU build or missing."""
    missing = () if torch_is_there else ("torch",)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(FIND_SPEC, lambda name: None if name in missing else object())
    assert type(open_backend(ensemble)).__name__ == "OpenVinoBackend"


def test_without_openvino_torch_computes(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    present = {name for name in sys.modules if name != "openvino"}
    monkeypatch.setattr(FIND_SPEC, lambda name: name in present or None)
    assert type(open_backend(ensemble, None, "cpu")).__name__ == "TorchBackend"

"""A device that is not there is a finding, not torch's traceback."""

import pytest
import torch

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cli import main
from vf_nnunet.network.device import usable_device


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two NVIDIA GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("gpus")
def test_devices_that_are_there() -> None:
    for name in ("cpu", "cuda", "cuda:1"):
        assert str(usable_device(name)) == name
    assert usable_device(None).type == "cuda"
    with pytest.raises(InputError, match=r"device cuda:2: .* finds 2 NVIDIA GPUs"):
        usable_device("cuda:2")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
def test_devices_that_are_not(name: str) -> None:
    assert usable_device(None).type == "cpu"
    with pytest.raises(InputError, match=f"device {name}: .* or another device"):
        usable_device(name)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_command_says_it_in_one_line(name: str, tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-o", f"{tmp_path}/demo", "-device", name]) == 2
    assert capsys.readouterr().err.startswith(f"vf_nnunet demo: device {name}: ")

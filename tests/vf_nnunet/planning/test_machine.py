"""The machine that a training is planned for."""

from types import SimpleNamespace

import psutil
import pytest
import torch

from tests.vf_nnunet.tiny_training import TinyDataset
from vf_nnunet.network.cost import GIGABYTE
from vf_nnunet.planning.machine import DEFAULT_GPU_GB, planned_machine
from vf_nnunet.training.settings import HELD_BYTES


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cores without bfloat16, 16 GB, no GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=16 * GIGABYTE))
    monkeypatch.setattr("vf_nnunet.planning.machine.has_cpu_bfloat16", lambda: False)


@pytest.mark.usefixtures("processor")
def test_without_a_gpu_the_processor_and_half_of_its_memory() -> None:
    machine = planned_machine(None)
    assert (machine.memory, machine.bytes_per_value) == (8 * GIGABYTE, 4)
    assert str(machine).startswith("CPU with 4 cores, 50% of its memory: 8.00 GB")


@pytest.mark.usefixtures("processor")
def test_a_training_on_the_processor_may_hold_as_many_cases_as_its_streams_do(tiny_dataset: TinyDataset) -> None:
    trainer = tiny_dataset.trainer()
    trainer.initialize()
    held = sum(stream.data_loader.free_bytes for stream in trainer.get_dataloaders())
    assert held == 2 * HELD_BYTES
    assert planned_machine(None).reserved > GIGABYTE + held


@pytest.mark.usefixtures("processor")
def test_more_cores_have_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    few = planned_machine(None)
    monkeypatch.setattr(psutil, "cpu_count", lambda: 16)
    many = planned_machine(None)
    macs = 1e11
    assert many.affords_time(4 * macs) == few.affords_time(macs)
    assert (few.macs_per_second or 0) * 4 == many.macs_per_second


@pytest.mark.usefixtures("processor")
def test_a_memory_target_is_a_gpu_wherever_one_plans() -> None:
    machine = planned_machine(24)
    assert (machine.memory, machine.bytes_per_value) == (24 * GIGABYTE, 2)
    assert machine.affords_time(1e30)


def test_a_gpu_has_nnunets_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert planned_machine(None).memory == DEFAULT_GPU_GB * GIGABYTE

"""A training step that does not fit is left out, and the table says so."""

import pytest
import torch

from tests.vf_nnunet.benchmark.conftest import unet
from vf_nnunet.benchmark.cost import training_memory
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.benchmark.cost.training_memory import free_gb, step_gb, training_problem

PLANNED = {"architecture": unet(), "patch_size": [16, 16, 16], "batch_size": 2}
FLOAT32 = Computation("torch", "float32", "cpu")


def test_activations_are_counted_by_hand() -> None:
    """Convolutions and normalisations: 4 + 4, 8 + 8 at half resolution, 4 after the upsampling, 4 + 4, 3 classes."""
    values = 16**3 * (4 + 4 + 4 + 4 + 4 + 3) + 8**3 * (8 + 8)
    assert step_gb(PLANNED, 3, FLOAT32) == pytest.approx(1.6 * 2 * 4 * values / 1e9)
    assert step_gb(PLANNED, 3, Computation("torch", "bfloat16", "cpu")) == pytest.approx(1.6 * 2 * 3 * values / 1e9)


def test_only_a_step_that_does_not_fit_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert training_problem(PLANNED, 3, FLOAT32) is None
    monkeypatch.setattr(training_memory, "free_gb", lambda device: 5.0)
    monkeypatch.setattr(training_memory, "step_gb", lambda planned, classes, computation: 30.0)
    problem = training_problem(PLANNED, 3, FLOAT32)
    assert problem is not None
    assert problem["measured"] == "left out: needs about 30 GB, 5 GB are free"
    assert problem["threads"] == torch.get_num_threads()


def test_free_memory_is_in_decimal_gb() -> None:
    import psutil

    assert free_gb("cpu") == pytest.approx(psutil.virtual_memory().available / 1e9, rel=0.3)

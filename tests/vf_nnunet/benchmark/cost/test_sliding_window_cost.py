"""Windows counted and timed as nnU-Net's sliding window sees them."""

import pytest
import torch
from torch import Tensor, nn

from vf_nnunet.benchmark.cost.sliding_window_cost import SlidingWindowCost, median_seconds, sliding_window_cost

CPU = torch.device("cpu")


class Counting(nn.Module):
    """Counts its calls and keeps the shape of the last window."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.shape: tuple[int, ...] = ()

    def forward(self, window: Tensor) -> Tensor:
        self.calls += 1
        self.shape = tuple(window.shape)
        return window


@pytest.mark.parametrize(
    ("image", "windows"),
    [((32, 32, 32), 1), ((33, 32, 32), 2), ((64, 64, 64), 27), ((20, 10, 64), 3)],
    ids=["one window", "a voxel more", "two a side", "smaller than a window"],
)
def test_windows_overlap_by_half(image: tuple[int, ...], windows: int) -> None:
    network = Counting()
    assert sliding_window_cost(network, [32, 32, 32], image, 2, CPU).windows == windows
    assert network.calls == 3
    assert network.shape == (1, 1, 32, 32, 32)


def test_mirroring_takes_eight_passes() -> None:
    cost = SlidingWindowCost(windows=27, seconds_per_window=2.0)
    assert cost.seconds == 54
    assert cost.seconds_with_mirroring == 8 * 54


def test_the_first_run_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of 9, 1, 2 and 3 seconds: the first warms up."""
    ticks = iter([0.0, 9.0, 10.0, 11.0, 20.0, 22.0, 30.0, 33.0])
    monkeypatch.setattr("vf_nnunet.benchmark.cost.sliding_window_cost.time.perf_counter", lambda: next(ticks))
    assert median_seconds(lambda: torch.zeros(1), 3) == 2.0


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of 9, 1 and 4 seconds: the first warms up."""
    ticks = iter([0.0, 9.0, 10.0, 11.0, 20.0, 24.0])
    monkeypatch.setattr("vf_nnunet.benchmark.cost.sliding_window_cost.time.perf_counter", lambda: next(ticks))
    assert median_seconds(lambda: torch.zeros(1), 2) == 2.5


def test_the_device_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device computes asynchronously, as every GPU does, until a value is read."""
    clock = [0.0]
    monkeypatch.setattr("vf_nnunet.benchmark.cost.sliding_window_cost.time.perf_counter", lambda: clock[0])

    class Pending(Tensor):
        def item(self) -> float:
            clock[0] += 5.0
            return 0.0

    assert median_seconds(lambda: torch.zeros(2, 3).as_subclass(Pending), 3) == 5.0

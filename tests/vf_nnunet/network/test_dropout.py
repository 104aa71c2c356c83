"""Dropout with a mask of random bytes."""

import pytest
import torch

from vf_nnunet.network.dropout import ByteDropout


def test_drops_the_given_share_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    features = torch.ones(20, 50, 101)
    dropped = ByteDropout(0.25)(features)
    assert (dropped == 0).float().mean() == pytest.approx(0.25, abs=0.01)
    assert dropped.mean() == pytest.approx(1, abs=0.01)
    assert dropped.unique().numel() == 2


def test_does_nothing_in_evaluation() -> None:
    features = torch.randn(3, 4)
    assert ByteDropout(0.5).eval()(features) is features


def test_is_seeded() -> None:
    layer, features = ByteDropout(0.5), torch.ones(1000)
    torch.manual_seed(3)
    first = layer(features)
    torch.manual_seed(3)
    torch.testing.assert_close(layer(features), first)
    assert not torch.equal(layer(features), first)


def test_other_devices_have_torchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []

    def record(features: torch.Tensor, rate: float) -> torch.Tensor:
        rates.append(rate)
        return features

    monkeypatch.setattr("torch.nn.functional.dropout", record)
    ByteDropout(0.25)(torch.ones(3, device="meta"))
    assert rates == [0.25]


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="dropout rate"):
        ByteDropout(rate)

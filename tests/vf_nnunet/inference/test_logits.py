"""The softmax of the logits gives the probabilities back."""

import numpy as np
import torch

from vf_nnunet.inference.logits import logits_of


def test_round_trip() -> None:
    probabilities = (
        np.random.default_rng(0).dirichlet([1, 1, 1], size=(2, 3, 4)).astype(np.float32).transpose(3, 0, 1, 2)
    )
    logits = logits_of(probabilities.copy())
    np.testing.assert_allclose(torch.softmax(logits, 0), probabilities, atol=1e-6)


def test_certainty_stays_finite() -> None:
    logits = logits_of(np.array([1.0, 0.0, 0.0], np.float32)[:, None, None, None])
    assert torch.isfinite(logits).all()
    assert torch.softmax(logits, 0)[0].item() == 1


def test_no_copy_is_made() -> None:
    probabilities = np.full((3, 2, 3, 4), 1 / 3, np.float32)
    assert logits_of(probabilities).data_ptr() == probabilities.ctypes.data

"""Rounding and recovery of the backend that computes with OpenVINO."""

import numpy as np
import pytest

from vf_nnunet.inference.openvino_backend import OpenVinoBackend, split_bfloat16
from vf_nnunet.inference.weights import Ensemble


def test_openvino_continues_after_a_shape_that_it_could_not_prepare(
    ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Exhausted:
        def compile_model(self, *_: object) -> None:
            raise RuntimeError("std::bad_alloc")

    opened = OpenVinoBackend(ensemble, "float32")
    block = np.random.default_rng(0).standard_normal((1, 15, 15, 15), np.float32)
    expected = opened.probabilities(block)
    with monkeypatch.context() as broken:
        broken.setattr(opened._coarse, "_core", Exhausted())
        with pytest.raises(MemoryError):
            opened.probabilities(np.zeros((1, 27, 27, 27), np.float32))
    np.testing.assert_array_equal(opened.probabilities(block), expected)


def test_intensities_keep_sixteen_bits() -> None:
    values = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    rounded, rest = split_bfloat16(values)
    assert not (rounded.view(np.uint32) & 0xFFFF).any()
    assert np.array_equal(rounded + rest, values)
    assert np.abs(rest / values).max() <= 2**-8

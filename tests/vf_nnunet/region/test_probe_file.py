"""The probe's file belongs to the weights beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import bright_probe, tiny_model
from vf_nnunet.inference.weights import FoldWeights
from vf_nnunet.nnunet.names import PROBE_FILE
from vf_nnunet.region.probe_file import pathway_digest, read_probe, write_probe


@pytest.fixture
def folds() -> tuple[FoldWeights, ...]:
    """Two folds of different weights."""
    return tiny_model().ensemble.weights


def test_round_trip(tmp_path: Path, folds: tuple[FoldWeights, ...]) -> None:
    probe = replace(bright_probe(), weight=np.array([0.1, -1e-9, 3, 7e5], np.float32), bias=float(np.float32(0.3)))
    write_probe(tmp_path, probe, folds[0])
    found = read_probe(tmp_path, folds[0])
    assert found is not None
    np.testing.assert_array_equal(found.weight, probe.weight)
    assert replace(found, weight=probe.weight) == probe


def test_a_fold_without_the_file_has_no_probe(tmp_path: Path, folds: tuple[FoldWeights, ...]) -> None:
    assert read_probe(tmp_path, folds[0]) is None


def test_a_probe_of_other_weights_is_refused(tmp_path: Path, folds: tuple[FoldWeights, ...]) -> None:
    write_probe(tmp_path, bright_probe(), folds[0])
    with pytest.raises(InputError, match="fitted to other weights"):
        read_probe(tmp_path, folds[1])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight": "a"}'])
def test_a_damaged_file_is_refused(tmp_path: Path, folds: tuple[FoldWeights, ...], content: str) -> None:
    (tmp_path / PROBE_FILE).write_text(content)
    with pytest.raises(InputError, match=rf"{PROBE_FILE}: cannot be read .*; delete it"):
        read_probe(tmp_path, folds[0])


def test_the_digest_is_of_the_subsampled_pathway_only(folds: tuple[FoldWeights, ...]) -> None:
    first, second = folds
    assert pathway_digest(first) != pathway_digest(second)
    assert pathway_digest(first) == pathway_digest(replace(second, subsampled=first.subsampled))

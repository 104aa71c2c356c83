"""A model can be reduced to some of its folds."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model


def test_some_folds() -> None:
    whole = tiny_model(("0", "1", "2"))
    model = whole.with_folds(["2", "1"], Path("model.vf"))
    assert model.normalisations == {fold: whole.normalisations[fold] for fold in ("1", "2")}
    assert model.card.folds == model.ensemble.folds == ("2", "1")
    for fold, original in ((0, 2), (1, 1)):
        found, expected = model.ensemble.weights[fold], whole.ensemble.weights[original]
        np.testing.assert_array_equal(found.normal[0].weight, expected.normal[0].weight)


def test_a_missing_fold_is_named() -> None:
    with pytest.raises(InputError, match=r"model\.vf: no fold 4, 5; it has 0, 1"):
        tiny_model().with_folds(["0", "4", "5"], Path("model.vf"))

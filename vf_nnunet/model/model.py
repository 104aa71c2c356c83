"""A trained model, wherever it was stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.inference.trained_weights import Weights
from vf_nnunet.inference.weights import Ensemble
from vf_nnunet.model.card import Card

EXPECTED_MODEL = "expected nnUNet_results/<dataset>/<trainer>__<plans>__<configuration> or a file from vf_nnunet export"


@dataclass(frozen=True)
class Model:
    """A fold ensemble with its description.

    Attributes:
        card: The description.
        ensemble: The weights.
        normalisations: The batch normalisation that is folded into the weights of each fold (`normalisations`), by the
            fold's name. A prediction does not need it; a training that begins with the model does. Empty if unknown.
    """

    card: Card
    ensemble: Ensemble
    normalisations: Mapping[str, Weights] = field(default_factory=dict)

    def with_folds(self, folds: Sequence[str], path: Path) -> "Model":
        """The same model with these folds only.

        Args:
            folds: Names of folds of the ensemble.
            path: Where the model was read from, for the error message.

        Raises:
            InputError: If the model lacks a fold.
        """
        missing = [fold for fold in folds if fold not in self.ensemble.folds]
        if missing:
            raise InputError(f"{path}: no fold {', '.join(missing)}; it has {', '.join(self.ensemble.folds)}")
        weights = tuple(self.ensemble.weights[self.ensemble.folds.index(fold)] for fold in folds)
        chosen = tuple(folds)
        ensemble = replace(self.ensemble, folds=chosen, weights=weights)
        known = {fold: arrays for fold, arrays in self.normalisations.items() if fold in chosen}
        return Model(replace(self.card, folds=chosen), ensemble, known)

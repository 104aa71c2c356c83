"""Small models and a backend that needs no network, for tests of prediction."""

import numpy as np
import torch

from tests.vf_nnunet.conftest import TINY, randomise
from vf_nnunet.inference.preprocessing import SUPPORTED
from vf_nnunet.inference.trained_weights import Weights, folded_weights, normalisations
from vf_nnunet.inference.weights import Ensemble, FloatArray, Probe
from vf_nnunet.model.card import Card
from vf_nnunet.model.model import Model
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.nnunet.normalisation import SCHEMES, Z_SCORE


def tiny_model(folds: tuple[str, ...] = ("0", "1")) -> Model:
    """A model with a receptive field of 15 voxels; no two folds are alike."""
    states = [trained_state(number) for number in range(len(folds))]
    weights = [folded_weights(state) for state in states]
    card = Card(
        name="nnUNetTrainerVF__nnUNetVFPlans__3d_fullres",
        dataset="Dataset001_Test",
        configuration="3d_fullres",
        folds=folds,
        architecture=TINY,
        labels={"background": 0, "normal": 1, "fracture": 2},
        channel_names={"0": "CT"},
        preprocessing={**SUPPORTED, SCHEMES: [Z_SCORE], "spacing": [1.0, 1.0, 1.0]},
    )
    known = dict(zip(folds, map(normalisations, states), strict=True))
    return Model(card, Ensemble(TINY, folds, tuple(weights)), known)


def trained_state(number: int) -> Weights:
    """The weights of a tiny network as arrays, by torch's names."""
    torch.manual_seed(number)
    state = randomise(build_network(TINY, 1, 3)).state_dict()
    return {name: values.numpy() for name, values in state.items()}


def bright_probe(threshold: float = 0.125, least_blocks: int = 1) -> Probe:
    """For `BrightnessBackend` with the architecture TINY: vertebrae can be where the image is brighter than 3."""
    return Probe(np.array([8.0, 0, 0, 0], np.float32), -24.0, threshold, least_blocks, 100.0)


def probed_model(folds: tuple[str, ...] = ("0", "1")) -> Model:
    """`tiny_model` with the probe of `bright_probe` in every fold."""
    model = tiny_model(folds)
    return Model(model.card, model.ensemble.with_probes([bright_probe()] * len(folds)))


class BrightnessBackend:
    """Predicts that bright voxels are fractured and dark ones background, so that findings are known.

    The probability of fracture is the logistic function of the z-score less 3.
    """

    bytes_per_value = 4
    device_memory_gb = None

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble = ensemble

    def probabilities(self, block: FloatArray) -> FloatArray:
        """See `vf_nnunet.inference.backend.Backend`."""
        z, y, x = (
            slice(margin, size - margin)
            for margin, size in zip(self.ensemble.architecture.context, block.shape[1:], strict=True)
        )
        fracture = 1 / (1 + np.exp(3 - block[0, z, y, x]))
        return np.stack([1 - fracture, np.zeros_like(fracture), fracture])

    def subsampled_features(self, image: FloatArray) -> list[FloatArray]:
        """See `vf_nnunet.inference.backend.Backend`: the brightness of the voxel at the centre of a block."""
        margins = [(field - 1) // 2 for field in self.ensemble.architecture.receptive_field]
        z, y, x = (slice(margin, size - margin) for margin, size in zip(margins, image.shape[1:], strict=True))
        return [image[:, z, y, x] for _ in self.ensemble.folds]

    def probe_scores(self, image: FloatArray) -> list[FloatArray]:
        """See `vf_nnunet.inference.backend.Backend`."""
        self.ensemble.check_probed()
        probes = [fold.probe for fold in self.ensemble.weights if fold.probe is not None]
        features = self.subsampled_features(image)
        return [probe.weight[0] * one + probe.bias for probe, one in zip(probes, features, strict=True)]

"""A fold ensemble in one safetensors file with the card in its metadata, read without pickle, nnU-Net or torch."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.inference.weights import Ensemble, FloatArray, FoldWeights, Layer, Probe
from vf_nnunet.model.card import Card
from vf_nnunet.model.model import Model

FORMAT = "vf_nnunet ensemble"
FORMAT_VERSION = 1
PARTS = ("normal", "subsampled", "classifier")
"""The layers of `FoldWeights`."""
PROBE = "probe"
"""The vertebra probe of a fold. Versions that do not know it read the other tensors and compute everywhere."""
TRAINING = "training"
"""The batch normalisation of a fold under torch's names, with which a training begins. Versions that do not know it
read the other tensors."""
PROBE_NUMBERS = ("bias", "threshold", "least_blocks", "blocks_per_plane")
"""The numbers of a `Probe` in the order of its tensor `numbers`."""

EXPECTED_FILE = "expected a complete file from vf_nnunet export"


def write_model_file(path: Path, model: Model) -> Card:
    """Write the model atomically.

    Returns:
        The card as written, with the SHA-256 of the weights.
    """
    tensors = {**_to_tensors(model.ensemble), **_training_tensors(model)}
    card = replace(model.card, weights_sha256=weights_digest(tensors))
    text = card.to_json()
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "card": text,
        "card_sha256": _card_digest(text),
    }
    with atomic_file(path) as temporary:
        # save_file would make the file readable by its owner only.
        temporary.write_bytes(save(tensors, metadata))
    return card


def read_model_file(path: Path) -> Model:
    """Read a model that `write_model_file` wrote.

    Raises:
        InputError: If the file is truncated, altered, of another kind or of a newer format.
    """
    metadata, tensors = _read(path)
    text = metadata["card"]
    if _card_digest(text) != metadata.get("card_sha256"):
        raise InputError(f"{path}: altered, the SHA-256 of its card is not the recorded one; {EXPECTED_FILE}")
    card = Card.from_json(text, str(path))
    found = weights_digest(tensors)
    if found != card.weights_sha256:
        raise InputError(
            f"{path}: altered, the SHA-256 of its weights is {found}; expected {card.weights_sha256} as recorded"
        )
    weights = tuple(_fold_of(tensors, fold) for fold in card.folds)
    known = {fold: _training_of(tensors, fold) for fold in card.folds}
    ensemble = Ensemble(card.architecture, card.folds, weights)
    return Model(card, ensemble, {fold: arrays for fold, arrays in known.items() if arrays})


def weights_digest(tensors: Mapping[str, FloatArray]) -> str:
    """SHA-256 in hexadecimal over the name, shape and little-endian float32 values of each tensor, sorted by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}{tensor.shape}".encode())
        digest.update(tensor.astype("<f4").tobytes())
    return digest.hexdigest()


def ensemble_digest(ensemble: Ensemble) -> str:
    """SHA-256 of an ensemble's weights (`weights_digest`), whether it was read from a folder or from a file."""
    return weights_digest(_to_tensors(ensemble))


def fold_digests(ensemble: Ensemble) -> dict[str, str]:
    """SHA-256 of the weights of each fold `fold_<k>` (`weights_digest`), whatever other folds the ensemble has."""
    tensors = _to_tensors(ensemble)
    names = (f"fold_{fold}" for fold in ensemble.folds)
    return {
        name: weights_digest({key: tensor for key, tensor in tensors.items() if key.startswith(f"{name}.")})
        for name in names
    }


def _read(path: Path) -> tuple[dict[str, str], dict[str, FloatArray]]:
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(path, metadata)
            return metadata, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be read ({error}); {EXPECTED_FILE}") from error


def _check_format(path: Path, metadata: Mapping[str, str]) -> None:
    version = metadata.get("format_version", "")
    known = metadata.get("format") == FORMAT and version.isdecimal() and int(version) >= 1
    if not known or "card" not in metadata:
        raise InputError(f"{path}: not a model of vf_nnunet; {EXPECTED_FILE}")
    if int(version) > FORMAT_VERSION:
        raise InputError(f"{path}: format version {version}; expected {FORMAT_VERSION} or older, so update vf_nnunet")


def _card_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _to_tensors(ensemble: Ensemble) -> dict[str, FloatArray]:
    tensors: dict[str, FloatArray] = {}
    for fold, weights in zip(ensemble.folds, ensemble.weights, strict=True):
        for part in PARTS:
            for number, layer in enumerate(getattr(weights, part)):
                name = f"fold_{fold}.{part}.{number}"
                tensors[f"{name}.weight"] = np.ascontiguousarray(layer.weight)
                tensors[f"{name}.bias"] = np.ascontiguousarray(layer.bias)
                if layer.slope is not None:
                    tensors[f"{name}.slope"] = np.ascontiguousarray(layer.slope)
        if weights.probe is not None:
            numbers = [getattr(weights.probe, name) for name in PROBE_NUMBERS]
            tensors[f"fold_{fold}.{PROBE}.weight"] = np.ascontiguousarray(weights.probe.weight)
            tensors[f"fold_{fold}.{PROBE}.numbers"] = np.array(numbers, np.float32)
    return tensors


def _training_tensors(model: Model) -> dict[str, FloatArray]:
    return {
        f"fold_{fold}.{TRAINING}.{name}": np.ascontiguousarray(values, np.float32)
        for fold, arrays in model.normalisations.items()
        for name, values in arrays.items()
    }


def _training_of(tensors: Mapping[str, FloatArray], fold: str) -> dict[str, FloatArray]:
    prefix = f"fold_{fold}.{TRAINING}."
    return {name.removeprefix(prefix): values for name, values in tensors.items() if name.startswith(prefix)}


def _fold_of(tensors: Mapping[str, FloatArray], fold: str) -> FoldWeights:
    normal, subsampled, classifier = (_layers_of(tensors, f"fold_{fold}.{part}") for part in PARTS)
    return FoldWeights(normal, subsampled, classifier, _probe_of(tensors, f"fold_{fold}.{PROBE}"))


def _probe_of(tensors: Mapping[str, FloatArray], name: str) -> Probe | None:
    if f"{name}.weight" not in tensors:
        return None
    bias, threshold, least_blocks, blocks_per_plane = (float(number) for number in tensors[f"{name}.numbers"])
    return Probe(tensors[f"{name}.weight"], bias, threshold, round(least_blocks), blocks_per_plane)


def _layers_of(tensors: Mapping[str, FloatArray], part: str) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    while (name := f"{part}.{len(layers)}") and f"{name}.weight" in tensors:
        layers.append(Layer(tensors.get(f"{name}.slope"), tensors[f"{name}.weight"], tensors[f"{name}.bias"]))
    return tuple(layers)

"""The file of a fold's probe, beside its checkpoint."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.inference.weights import FoldWeights, Layer, Probe
from vf_nnunet.nnunet.names import PROBE_FILE

REMEDY = "delete it; vf_nnunet train then fits it again, and without it the fold is computed everywhere"


def write_probe(folder: Path, probe: Probe, weights: FoldWeights) -> None:
    """Write the probe of a fold, with the SHA-256 of the pathway that it reads.

    Args:
        folder: nnU-Net's folder of the fold.
        probe: Fitted to `weights`.
        weights: Of the fold.
    """
    content = {
        "weight": [float(value) for value in probe.weight],
        "bias": probe.bias,
        "threshold": probe.threshold,
        "least_blocks": probe.least_blocks,
        "blocks_per_plane": probe.blocks_per_plane,
        "pathway_sha256": pathway_digest(weights),
    }
    write_json(folder / PROBE_FILE, content)


def read_probe(folder: Path, weights: FoldWeights) -> Probe | None:
    """The probe of a fold; None if it has none.

    Raises:
        InputError: If it cannot be read, or was fitted to other weights.
    """
    path = folder / PROBE_FILE
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        digest = content["pathway_sha256"]
        probe = Probe(
            np.array(content["weight"], np.float32),
            float(content["bias"]),
            float(content["threshold"]),
            int(content["least_blocks"]),
            float(content["blocks_per_plane"]),
        )
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); {REMEDY}") from error
    if digest != pathway_digest(weights):
        raise InputError(f"{path}: fitted to other weights than those of the fold's checkpoint; {REMEDY}")
    return probe


def pathway_digest(weights: FoldWeights) -> str:
    """SHA-256 of the weights of the subsampled pathway."""
    return layers_digest(weights.subsampled)


def fold_digest(weights: FoldWeights) -> str:
    """SHA-256 of all weights of a fold's network."""
    return layers_digest([*weights.normal, *weights.subsampled, *weights.classifier])


def layers_digest(layers: Iterable[Layer]) -> str:
    """SHA-256 of the weights of layers.

    Batch normalisation is folded into them in double precision, so that the digest does not depend on the machine.
    """
    digest = hashlib.sha256()
    for layer in layers:
        for values in (layer.slope, layer.weight, layer.bias):
            if values is not None:
                digest.update(values.astype("<f4").tobytes())
    return digest.hexdigest()

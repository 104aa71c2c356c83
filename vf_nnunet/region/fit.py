"""Fit the probe of a fold to the features of its subsampled pathway."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import BACKGROUND
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.tiling import TilingSettings
from vf_nnunet.inference.weights import FloatArray, Probe
from vf_nnunet.region.first_pass import blocks_of, subsampled_parts
from vf_nnunet.region.kept import BlockMask, block_probability, blocks_per_plane, kept_blocks, smooth

LOST_SHARE = 1e-3
"""Share of the vertebra blocks that lie below the threshold."""
BLOCKS_PER_CASE = 20_000
"""Largest number of blocks of a kind, with and without a vertebra, that a case gives to the fit."""
SIZE_QUANTILE = 0.1
"""Of the sizes of the ellipsoids, for the smallest component: the ones below are cut by the border of the image."""
SIZE_FACTOR = 0.5
"""Smallest component relative to that size."""
SEED = 0
"""Of the choice of blocks."""


@dataclass(frozen=True)
class ProbeCase:
    """A case to which a probe is fitted.

    Attributes:
        features: (channels, z, y, x), the last ones of the subsampled pathway, one value per block.
        vertebra: Blocks with a voxel of an ellipsoid.
        known: Blocks without a voxel of the ignore label.
        sizes: Blocks of each ellipsoid.
    """

    features: FloatArray
    vertebra: BlockMask
    known: BlockMask
    sizes: tuple[int, ...]


def probe_case(backend: Backend, image: FloatArray, labels: npt.NDArray[np.integer], ignore: int | None) -> ProbeCase:
    """The features and blocks of a preprocessed case.

    Args:
        backend: Computes one fold.
        image: (C, z, y, x).
        labels: (z, y, x); voxels below 0 are outside the image, as in nnU-Net.
        ignore: The ignore label, if the dataset has one.
    """
    factor = backend.ensemble.architecture.subsampling_factor
    ignored = np.zeros(labels.shape, bool) if ignore is None else labels == ignore
    vertebra = in_blocks((labels > BACKGROUND) & ~ignored, factor)
    components, _ = ndimage.label(vertebra)
    sizes = tuple(np.bincount(components.ravel())[1:].tolist())
    return ProbeCase(subsampled_features(backend, image), vertebra, ~in_blocks(ignored, factor), sizes)


def subsampled_features(backend: Backend, image: FloatArray) -> FloatArray:
    """The last features (channels, z, y, x) of the subsampled pathway of a whole image.

    Args:
        backend: Computes one fold.
        image: (C, z, y, x), preprocessed.
    """
    channels = len(backend.ensemble.weights[0].subsampled[-1].weight)
    features = np.empty((channels, *blocks_of(backend, image)), np.float32)
    for place, (part,) in subsampled_parts(backend, image, TilingSettings(), backend.subsampled_features):
        features[:, *place] = part
    return features


def in_blocks(mask: npt.NDArray[np.bool_], factor: Sequence[int]) -> BlockMask:
    """Whether any voxel of each block is set; the last blocks may reach beyond the mask."""
    padding = [(0, -size % step) for size, step in zip(mask.shape, factor, strict=True)]
    padded = np.pad(mask, padding)
    split = [part for size, step in zip(padded.shape, factor, strict=True) for part in (size // step, step)]
    return np.asarray(padded.reshape(split).any(axis=(1, 3, 5)))


def fit_probe(training: Iterable[ProbeCase], validation: Sequence[ProbeCase], factor: Sequence[int]) -> Probe:
    """Fit the logistic regression to training cases and take the threshold from other cases.

    Both kinds of blocks have the same weight. The threshold is the `LOST_SHARE` quantile of the smoothed probability of
    the vertebra blocks of the validation cases.

    Args:
        training: Cases that the fold learned from.
        validation: Cases of its inner validation.
        factor: Subsampling factor (z, y, x).

    Raises:
        InputError: If either of them has no vertebra, or the training cases nothing else.
    """
    weight, bias = _regression(training)
    sizes = [size for case in validation for size in case.sizes]
    if not sizes:
        raise InputError("the cases of the inner validation have no vertebra")
    least = max(1, round(SIZE_FACTOR * float(np.quantile(sizes, SIZE_QUANTILE))))
    smoothed = [smooth(_probability(weight, bias, case.features), factor) for case in validation]
    vertebrae = np.concatenate([values[case.vertebra] for values, case in zip(smoothed, validation, strict=True)])
    threshold = float(np.quantile(vertebrae, LOST_SHARE))
    probe = Probe(weight, bias, _float32(threshold), least, blocks_per_plane=0.0)
    widest = max(blocks_per_plane(kept_blocks(probe, values)) for values in smoothed)
    return replace(probe, blocks_per_plane=_float32(widest))


def _float32(number: float) -> float:
    """The number that a model file gives back."""
    return float(np.float32(number))


def _probability(weight: FloatArray, bias: float, features: FloatArray) -> FloatArray:
    score = weight @ features.reshape(len(features), -1) + np.float32(bias)
    return block_probability(score.reshape(features.shape[1:]))


def _regression(cases: Iterable[ProbeCase]) -> tuple[FloatArray, float]:
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(SEED)
    features, truth = [], []
    for case in cases:
        flat = case.features.reshape(len(case.features), -1)
        for value in (True, False):
            blocks = np.flatnonzero((case.vertebra == value) & case.known)
            chosen = generator.permutation(blocks)[:BLOCKS_PER_CASE]
            features.append(flat[:, chosen].T)
            truth.append(np.full(len(chosen), value))
    if not features or len(np.unique(np.concatenate(truth))) < 2:
        raise InputError("the training cases do not have blocks with and without a vertebra")
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    model.fit(np.concatenate(features), np.concatenate(truth))
    return model.coef_[0].astype(np.float32), _float32(model.intercept_[0])

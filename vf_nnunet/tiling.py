"""Exact tiling: every voxel of a volume predicted once, with all the context that the network reads."""

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor
from tqdm import tqdm

from vf_nnunet.folding import fold_normalisation
from vf_nnunet.network import DualPathwayNet
from vf_nnunet.precision import precision
from vf_nnunet.reflection import reflected_indices

TILE_VOXELS = 60
"""Default side of a tile. A tile reads 48 voxels more on each axis, so larger tiles waste less; but their features
leave the processor's cache, and beyond this size a CPU gains nothing."""


def predict_logits(
    network: DualPathwayNet, image: Tensor, tile: Sequence[int] | None = None, progress: bool = False
) -> Tensor:
    """Logits of every voxel of `image`, equal to one pass over the whole volume.

    The volume's borders are reflected. Tiles begin at multiples of the subsampling factor, so that a voxel has the same
    place in its block whatever the tile.

    Args:
        image: (C, z, y, x), preprocessed.
        tile: (z, y, x) voxels predicted at a time; made multiples of the subsampling factor.

    Returns:
        float32 logits (classes, z, y, x) on the CPU.
    """
    factor, context = network.subsampling_factor, network.context
    shape = tuple(image.shape[1:])
    blocks = [-(-size // f) * f for size, f in zip(shape, factor, strict=True)]
    wanted = [TILE_VOXELS] * 3 if tile is None else tile
    steps = [_even_step(size, side, f) for size, side, f in zip(blocks, wanted, factor, strict=True)]
    device = next(network.parameters()).device
    padded = _with_context(image, blocks, context)
    logits = torch.empty((network.num_classes, *blocks), dtype=torch.float32)
    network = fold_normalisation(network).to(memory_format=torch.channels_last_3d)
    with torch.inference_mode(), precision(device):
        for starts in tqdm(_tile_starts(blocks, steps), desc="tiles", leave=False, disable=not progress):
            part = network.valid_logits(_read(padded, starts, steps, blocks, context).to(device))[0]
            z, y, x = (slice(start, start + size) for start, size in zip(starts, part.shape[1:], strict=True))
            logits[:, z, y, x] = part.cpu()
    return logits[:, : shape[0], : shape[1], : shape[2]]


def _even_step(size: int, largest: int, factor: int) -> int:
    """Side of equal tiles over `size` voxels, none larger than `largest` (but at least a block)."""
    tiles = -(-size // max(factor, largest // factor * factor))
    return -(-size // (tiles * factor)) * factor


def _with_context(image: Tensor, blocks: Sequence[int], context: Sequence[int]) -> Tensor:
    for axis, (size, margin) in enumerate(zip(blocks, context, strict=True)):
        indices = reflected_indices(-margin, size + margin, image.shape[axis + 1])
        image = image.index_select(axis + 1, torch.as_tensor(indices, device=image.device))
    return image


def _tile_starts(blocks: Sequence[int], steps: Sequence[int]) -> list[tuple[int, ...]]:
    return list(product(*(range(0, size, step) for size, step in zip(blocks, steps, strict=True))))


def _read(
    padded: Tensor, starts: Sequence[int], steps: Sequence[int], blocks: Sequence[int], context: Sequence[int]
) -> Tensor:
    z, y, x = (
        slice(start, min(start + step, size) + 2 * margin)
        for start, step, size, margin in zip(starts, steps, blocks, context, strict=True)
    )
    return padded[None, :, z, y, x].contiguous(memory_format=torch.channels_last_3d)

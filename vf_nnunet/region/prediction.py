"""Compute the network where vertebrae can be, or everywhere where that is not known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.tiling import Place, TilingSettings, compute_tiles, plan_tiles, planned_side
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.region.cover import cheapest_cover, tile_cost
from vf_nnunet.region.first_pass import find_region
from vf_nnunet.region.kept import BlockMask, blocks_per_plane

WIDE = 3.0
"""Blocks kept per axial plane, relative to those of the training, above which the probe does not single out a spine."""
NOTHING_FOUND = (
    "no place was found where a vertebra can be, so the network was computed everywhere; expected a CT of the spine"
)


@dataclass(frozen=True)
class Computed:
    """Where the network is computed for a CT.

    Attributes:
        everywhere: Whether in the whole body.
        reason: Why.
        region_share: Share of the volume where vertebrae can be; None if that was not asked.
        computed_share: Share of the volume that is computed, tiles without anything else than air left out.
        warning: What a user should know about it; empty if nothing.
    """

    everywhere: bool
    reason: str
    region_share: float | None
    computed_share: float
    warning: str = ""

    def to_json(self) -> dict[str, Any]:
        """The content of `computed` in `<case>.json`."""
        region = None if self.region_share is None else round(self.region_share, 4)
        return {
            "everywhere": self.everywhere,
            "reason": self.reason,
            "region_share": region,
            "computed_share": round(self.computed_share, 4),
        }


@dataclass(frozen=True)
class Plan:
    """The tiles to compute.

    Attributes:
        computed: Where they lie.
        tile: Their common shape (z, y, x) in voxels.
        places: Their places in the volume.
    """

    computed: Computed
    tile: tuple[int, ...]
    places: list[Place]


def predict_region(
    backend: Backend, image: FloatArray, plan: Plan, progress: bool = False
) -> Iterator[tuple[Place, FloatArray]]:
    """Compute the tiles of a plan; see `compute_tiles`. All other voxels are background."""
    return compute_tiles(backend, image, plan.tile, plan.places, progress)


def plan_region(backend: Backend, image: FloatArray, tiling: TilingSettings, everywhere: bool = False) -> Plan:
    """Choose the tiles of an image.

    Every fold says where vertebrae can be, and all folds are computed where any of them says so. The image is computed
    everywhere if a fold has no probe, if no place was found, or if that costs less.

    Args:
        backend: Computes the ensemble.
        image: (C, z, y, x), preprocessed.
        tiling: How the volume is cut.
        everywhere: Whether to compute everywhere without asking the probes.
    """
    without = backend.ensemble.folds_without_probe
    if everywhere or without:
        reason = "asked for" if everywhere else f"no probe in fold {', '.join(without)}"
        return _plan_everywhere(backend, image, tiling, reason)
    masks = find_region(backend, image, tiling)
    kept: BlockMask = reduce(np.logical_or, masks)
    share = float(kept.mean())
    if not kept.any():
        plan = _plan_everywhere(backend, image, tiling, "no place where a vertebra can be")
        return _with_region(plan, share, NOTHING_FOUND)
    side = planned_side(backend, image, tiling)
    plan, cost = _plan_of(backend, image, kept, side)
    dense = _plan_everywhere(backend, image, tiling, "costs less than the places where vertebrae can be")
    if len(dense.places) * _cost(backend, dense.tile) <= cost:
        plan = dense
    return _with_region(plan, share, _wide_warning(backend, masks))


def _with_region(plan: Plan, share: float, warning: str) -> Plan:
    return replace(plan, computed=replace(plan.computed, region_share=share, warning=warning))


def _plan_everywhere(backend: Backend, image: FloatArray, tiling: TilingSettings, reason: str) -> Plan:
    tile, places = plan_tiles(backend, image, tiling)
    return Plan(Computed(True, reason, None, _share(image, places)), tile, places)


def _plan_of(backend: Backend, image: FloatArray, kept: BlockMask, side: int) -> tuple[Plan, float]:
    """Tiles over the kept blocks, at most `side` voxels wide, and their cost."""
    factor = backend.ensemble.architecture.subsampling_factor
    shape, corners, cost = cheapest_cover(kept, factor, side, lambda tile: _cost(backend, tile))
    places = []
    for corner in corners:
        z, y, x = (
            slice(block * step, min((block + blocks) * step, full))
            for block, blocks, step, full in zip(corner, shape, factor, image.shape[1:], strict=True)
        )
        places.append((z, y, x))
    tile = tuple(blocks * step for blocks, step in zip(shape, factor, strict=True))
    return Plan(Computed(False, "where vertebrae can be", None, _share(image, places)), tile, places), cost


def _cost(backend: Backend, tile: tuple[int, ...]) -> float:
    ensemble = backend.ensemble
    return tile_cost(ensemble.architecture, tile, ensemble.channels, ensemble.classes)


def _share(image: FloatArray, places: list[Place]) -> float:
    return float(sum(prod(part.stop - part.start for part in place) for place in places) / image[0].size)


def _wide_warning(backend: Backend, masks: list[BlockMask]) -> str:
    """A sentence if any fold keeps much more than a spine; empty otherwise."""
    for weights, kept in zip(backend.ensemble.weights, masks, strict=True):
        found = blocks_per_plane(kept)
        if weights.probe is not None and found > WIDE * weights.probe.blocks_per_plane:
            return (
                f"vertebrae can be in {found:.0f} blocks per axial plane, in the training at most "
                f"{weights.probe.blocks_per_plane:.0f}; expected a CT like those of the training"
            )
    return ""

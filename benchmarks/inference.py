"""Time the network on one tile: width tables, backends and precisions compared with the machine's matrix products.

python benchmarks/inference.py [--tile SIDE] [--repeats N] [--folds N]

All variants are timed in turn in one run, so that noise of the machine affects them equally. The rate includes the
context of the tile. The last column compares it with a bfloat16 matrix product of 4096 x 4096 in the same run.
"""

import argparse
import sys
import time
from collections.abc import Callable
from math import prod
from statistics import median

import numpy as np
import torch
from tqdm import tqdm

from vf_nnunet.inference.backend import Precision
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.weights import Ensemble, Layer
from vf_nnunet.network.architecture import ARCHITECTURES, CONVOLUTIONS, CUBIC, Architecture
from vf_nnunet.network.dual_pathway import build_network

MATRIX_SIDE = 4096
TABLES: dict[str, tuple[tuple[int, ...], tuple[int, int]]] = {
    "default": (ARCHITECTURES["3d_fullres"].widths, ARCHITECTURES["3d_fullres"].hidden_widths),
    "narrow 1x1x1": ((16, 16, 16, 16, 16, 32, 32, 48), (48, 32)),
    "1x1x1 of 150": ((16, 16, 16, 16, 16, 32, 32, 32), (150, 150)),
    "DeepMedic x 0.6": ((18, 18, 24, 24, 24, 24, 30, 30), (50, 50)),
}
BACKENDS: tuple[tuple[str, Precision], ...] = (
    ("openvino", "half"),
    ("openvino", "float32"),
    ("torch", "half"),
    ("torch", "float32"),
)


def main() -> None:
    """Print one row per variant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tile", type=int, default=120, help="side in voxels, a multiple of 3 (default: 120)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folds", type=int, default=1)
    arguments = parser.parse_args()
    ensembles = {name: _ensemble(*table, arguments.folds) for name, table in TABLES.items()}
    work: dict[str, Callable[[], object]] = {"matrix product": _matrix_product()}
    operations = {"matrix product": 2.0 * MATRIX_SIDE**3}
    variants = [(name, "openvino", "half") for name in TABLES] + [("default", *backend) for backend in BACKENDS[1:]]
    for table, backend, precision in variants:
        row = f"{table} | {backend} {precision}"
        work[row] = _tile(ensembles[table], backend, "half" if precision == "half" else "float32", arguments.tile)
        operations[row] = tile_operations(ensembles[table], arguments.tile)
    seconds = _time_in_turn(work, arguments.repeats)
    peak = operations["matrix product"] / seconds["matrix product"]
    sys.stdout.write(f"matrix product: {peak / 1e12:.2f} TFLOP/s\n")
    sys.stdout.write(
        "| widths | backend | seconds per tile | million voxels per second | TFLOP/s | of the matrix product |\n"
    )
    for row in list(work)[1:]:
        rate = operations[row] / seconds[row]
        speed = arguments.tile**3 / seconds[row] / 1e6
        sys.stdout.write(f"| {row} | {seconds[row]:.3f} | {speed:.2f} | {rate / 1e12:.2f} | {rate / peak:.0%} |\n")


def tile_operations(ensemble: Ensemble, tile: int) -> float:
    """Multiplications and additions for one tile, all folds."""
    weights = ensemble.weights[0]
    pathways = ((weights.normal, 1), (weights.subsampled, ensemble.architecture.subsampling_factor[0]))
    macs = sum(_pathway_macs(layers, tile // factor) for layers, factor in pathways)
    macs += sum(layer.weight.size for layer in weights.classifier) * tile**3
    return 2.0 * macs * len(ensemble.folds)


def _pathway_macs(layers: tuple[Layer, ...], side: int) -> int:
    """Multiply-adds of valid convolutions whose output is a cube with `side` voxels."""
    macs, sizes = 0, [side] * 3
    for layer in reversed(layers):
        macs += layer.weight.size * prod(sizes)
        sizes = [size + kernel - 1 for size, kernel in zip(sizes, layer.weight.shape[2:], strict=True)]
    return macs


def _ensemble(widths: tuple[int, ...], hidden_widths: tuple[int, int], folds: int) -> Ensemble:
    architecture = Architecture(
        widths=widths,
        kernel_sizes=(CUBIC,) * CONVOLUTIONS,
        hidden_widths=hidden_widths,
        subsampling_factor=(3, 3, 3),
    )
    return ensemble_of({str(fold): build_network(architecture, 1, 3).eval() for fold in range(folds)})


def _tile(ensemble: Ensemble, backend: str, precision: Precision, tile: int) -> Callable[[], object]:
    opened = open_backend(ensemble, backend, "cpu", precision)
    sizes = [tile + 2 * margin for margin in ensemble.architecture.context]
    block = np.random.default_rng(0).standard_normal((ensemble.channels, *sizes), np.float32)
    return lambda: opened.probabilities(block)


def _matrix_product() -> Callable[[], object]:
    left, right = (torch.randn(MATRIX_SIDE, MATRIX_SIDE, dtype=torch.bfloat16) for _ in range(2))
    return lambda: left @ right


def _time_in_turn(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in tqdm(range(repeats + 1), desc="turns"):
        for name, run in work.items():
            started = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - started)
    return {name: median(values[1:]) for name, values in times.items()}


if __name__ == "__main__":
    main()

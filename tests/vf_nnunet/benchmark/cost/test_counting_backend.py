"""Blocks, voxels and multiply-adds are counted while another backend computes."""

import numpy as np

from vf_nnunet.benchmark.cost.counting_backend import CountingBackend
from vf_nnunet.benchmark.cost.network_cost import count_block, touched_voxels
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import TilingSettings, predict_probabilities
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network

ARCHITECTURE = ARCHITECTURES["3d_fullres"]


def test_every_tile_of_every_fold_counts() -> None:
    networks = {str(fold): build_network(ARCHITECTURE, 1, 3).eval() for fold in range(2)}
    opened = open_backend(ensemble_of(networks), "torch", "cpu", "float32")
    counting = CountingBackend(opened)
    image = np.random.default_rng(0).standard_normal((1, 6, 3, 3), np.float32)
    tiling = TilingSettings(tile=(3, 3, 3))
    np.testing.assert_array_equal(
        predict_probabilities(counting, image, tiling), predict_probabilities(opened, image, tiling)
    )
    block = [3 + 2 * margin for margin in ARCHITECTURE.context]
    assert counting.blocks == 2
    assert counting.voxels_touched == 4 * touched_voxels(ARCHITECTURE, block)
    assert counting.macs == 4 * count_block(ARCHITECTURE, block, classes=3)
    assert counting.device_memory_gb is None


def test_the_subsampled_pathway_alone_counts() -> None:
    ensemble = ensemble_of({"0": build_network(ARCHITECTURE, 1, 3).eval()})
    counting = CountingBackend(open_backend(ensemble, "torch", "cpu", "float32"))
    (features,) = counting.subsampled_features(np.zeros((1, 17, 18, 19), np.float32))
    assert features.shape[1:] == (1, 2, 3)
    assert counting.voxels_touched == 17 * 18 * 19
    layers = ensemble.weights[0].subsampled
    last = layers[-1].weight.size * 1 * 2 * 3
    first = layers[0].weight.size * 15 * 16 * 17
    assert first + last < counting.macs < first + last + sum(layer.weight.size for layer in layers[1:-1]) * 15 * 16 * 17

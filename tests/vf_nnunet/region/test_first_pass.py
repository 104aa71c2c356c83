"""Parts of the first pass."""

import numpy as np

from tests.vf_nnunet.models import BrightnessBackend, probed_model
from vf_nnunet.inference.tiling import TilingSettings
from vf_nnunet.region.first_pass import blocks_of, subsampled_parts


def test_every_block_is_computed_once_from_the_voxel_at_its_centre() -> None:
    image = np.random.default_rng(0).standard_normal((1, 200, 31, 47), np.float32)
    backend = BrightnessBackend(probed_model().ensemble)
    found = np.full(blocks_of(backend, image), np.nan, np.float32)
    parts = subsampled_parts(backend, image, TilingSettings(memory_gb=1e-5), backend.subsampled_features)
    for place, (features, _) in parts:
        assert np.isnan(found[place]).all()
        found[place] = features[0]
    z, y, x = (size // 3 for size in image.shape[1:])
    np.testing.assert_array_equal(found[:z, :y, :x], image[0, 1::3, 1::3, 1::3][:z, :y, :x])
    assert not np.isnan(found).any()

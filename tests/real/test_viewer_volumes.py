"""A real CT, oblique and not isotropic, cut out for the viewer."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from dataset_conversion.spine.geometry import RAS_TO_LPS, world_to_index
from dataset_conversion.spine.vertebra_table import Vertebra
from evaluation.cohort.cases import Case
from evaluation.cohort.sources import CaseMap
from evaluation.maps.nifti import open_nifti
from evaluation.maps.probability_map import write_probability_map
from evaluation.report.viewer import cut_out


def test_cut_out_shows_the_ct_where_it_lies(shared_data: Path, tmp_path: Path) -> None:
    ct = open_nifti(shared_data / "verse" / "sub-verse014" / "sub-verse014_ct.nii.gz")
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in ct.shape], indexing="ij")).reshape(3, -1).T
    world = corners[:, ::-1] @ ct.affine[:3, :3].T + ct.affine[:3, 3]
    low, high = world.min(axis=0), world.max(axis=0)
    affine = np.eye(4)
    affine[:3, 3] = low
    shape = tuple(np.ceil(high - low).astype(int)[::-1])
    path = tmp_path / "a_fracture.nii.gz"
    write_probability_map(path, np.zeros(shape, dtype=np.float32), affine)
    x, y, z = ((low + high) / 2).tolist()
    rows = (Vertebra("a", "a", "L2", x, y, z + 15, 0), Vertebra("a", "a", "L3", x, y, z, 0))
    content = cut_out(Case(CaseMap("a", path), "a", rows), ct).ct
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
    voxels, crop_affine = np.asarray(image.dataobj).T, RAS_TO_LPS @ image.affine
    places = np.random.default_rng(0).integers(0, voxels.shape, (200, 3))
    points = places[:, ::-1] @ crop_affine[:3, :3].T + crop_affine[:3, 3]
    expected = ndimage.map_coordinates(ct.read(), world_to_index(ct.affine, points).T, order=1, cval=-1024)
    np.testing.assert_allclose(voxels[tuple(places.T)], np.clip(expected, -1024, 3071), atol=0.6)
    assert np.std(expected) > 50
    assert len(content) < 8_000_000
    assert voxels.shape[0] == pytest.approx(15 + 60, abs=2)

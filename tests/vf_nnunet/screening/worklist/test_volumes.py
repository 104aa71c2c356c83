"""The volumes of the viewer: places, values, size."""

import gzip
from dataclasses import replace
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import to_lps
from evaluation.maps.probability_map import ProbabilityMap
from tests.vf_nnunet.small_spine import SmallSpine
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.worklist.settings import VOLUMES
from vf_nnunet.screening.worklist.volumes import CaseVolumes, cut_volumes


def rotated(degrees: float) -> np.ndarray:
    """An affine of an oblique image with voxels of 1 x 0.8 x 1.5 mm."""
    turn = np.radians(degrees)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    affine[:3, 3] = (-30.0, 12.0, 5.0)
    return affine @ np.diag([1.0, 0.8, 1.5, 1.0])


def opened(content: bytes) -> Any:
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(content))


def value_at(image: Any, place: np.ndarray) -> float:
    """The value of a NIfTI file at LPS mm."""
    index = np.linalg.inv(to_lps(image.affine)) @ [*place, 1.0]
    return float(image.get_fdata()[tuple(np.rint(index[:3]).astype(int))])


@pytest.mark.parametrize("degrees", [0.0, 20.0])
def test_values_stay_at_their_places(degrees: float) -> None:
    """HU and probabilities that rise along the axes are read back at the same LPS mm, on an oblique grid too."""
    shape, affine = (40, 60, 50), rotated(degrees)
    z, y, x = np.indices(shape, dtype=np.float32)
    hounsfield, probability = 8 * (z + y) + 3 * x - 300, (z + y + x) / 150
    image = HounsfieldImage(hounsfield, affine, (1.5, 0.8, 1.0))
    fracture = ProbabilityMap.from_probability(probability, affine)
    place = fracture.index_to_world([[20, 31, 25]])[0]
    volumes = cut_volumes(image, fracture, [place.tolist()], [])
    assert volumes.spacing == pytest.approx((1.5, 1.0, 2.0))
    step = VOLUMES.hounsfield_step
    # The nearest voxel lies within 0.5 x 0.63 x 1 voxels of the maps.
    assert value_at(opened(volumes.ct_file()), place) == pytest.approx(8 * 51 + 75 - 300, abs=step + 8 + 5)
    assert value_at(opened(volumes.probability_file()), place) == pytest.approx(76 / 150, abs=3 / 150)
    inner = volumes.world_to_index(place[None])[0]
    assert ((inner > 0) & (inner < np.array(volumes.grey.shape) - 1)).all()


def test_hounsfield_units_are_read_back_within_half_a_step() -> None:
    shape = (6, 8, 12)
    hounsfield = np.random.default_rng(0).uniform(-400, 1500, shape).astype(np.float32)
    fracture = ProbabilityMap(np.zeros(shape, np.uint16), np.eye(4))
    settings = replace(VOLUMES, spacing=(1.0, 1.0, 1.0))
    volumes = cut_volumes(HounsfieldImage(hounsfield, np.eye(4), (1.0, 1.0, 1.0)), fracture, [], [], settings)
    read = opened(volumes.ct_file()).get_fdata().T
    np.testing.assert_allclose(read, hounsfield, atol=VOLUMES.hounsfield_step / 2 + 1e-3)


def cut(spine: SmallSpine, *findings: list[float], voxels: int = VOLUMES.largest_voxels) -> CaseVolumes:
    settings = replace(VOLUMES, largest_voxels=voxels)
    return cut_volumes(spine.image(), spine.maps["fracture"], spine.centres.tolist(), findings, settings)


def test_the_spine_and_findings_far_from_it_are_within() -> None:
    shape = (200, 200, 300)
    fracture = ProbabilityMap(np.zeros(shape, np.uint16), np.eye(4))
    near, far = [150.0, 100.0, 100.0], [20.0, 180.0, 30.0]
    small, large = (cut_volumes(None, fracture, [near], findings) for findings in ([], [far]))
    inside = [bool((one.world_to_index(far)[0] >= -0.5).all()) for one in (small, large)]
    assert inside == [False, True]
    assert large.grey.size > small.grey.size


def test_a_large_image_becomes_coarser(spine: SmallSpine) -> None:
    fine, coarse = cut(spine), cut(spine, voxels=20_000)
    assert coarse.grey.size <= 20_000 < fine.grey.size
    assert coarse.spacing[0] / fine.spacing[0] == pytest.approx(coarse.spacing[2] / fine.spacing[2])
    extents = [np.array(one.grey.shape) * one.spacing for one in (fine, coarse)]
    np.testing.assert_allclose(extents[0], extents[1], atol=max(coarse.spacing))


def test_without_the_ct_the_map_is_shown_on_an_even_ground(spine: SmallSpine) -> None:
    volumes = cut_volumes(None, spine.maps["fracture"], spine.centres.tolist(), [])
    assert not volumes.has_ct
    assert len(np.unique(volumes.grey)) == 1
    assert volumes.probability.max() > 100


def test_without_anything_the_whole_image_is_shown(spine: SmallSpine) -> None:
    volumes = cut_volumes(spine.image(), spine.maps["fracture"], [], [])
    assert volumes.grey.shape == (190, 90, 40)

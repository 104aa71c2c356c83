import gzip
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import RAS_TO_LPS, world_to_index
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import Case
from evaluation.cohort.images import CT_SUFFIX, open_images
from evaluation.maps.nifti import NiftiFile, open_nifti
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map, write_probability_map
from evaluation.report.viewer import cut_out, viewer_cases
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import MakeCohort

Opened = tuple[tuple[Case, ...], dict[str, NiftiFile]]


@pytest.fixture
def opened(make_cohort: MakeCohort, settings: EvaluationSettings) -> Opened:
    cohort = make_cohort([{"T12": 0, "L1": 2}, {"T12": 0, "L1": 0}, {"L1": 1}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    return assembled.cases, open_images(assembled, cohort.images, CT_SUFFIX)


def volume_of(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Voxels (z, y, x) as a viewer reads them, and the affine into LPS mm."""
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(content))
    return np.asarray(image.dataobj).T, RAS_TO_LPS @ image.affine


def test_both_volumes_agree_with_their_sources(opened: Opened) -> None:
    cases, images = opened
    volumes = cut_out(cases[0], images["case00"])
    hounsfield, affine = volume_of(volumes.ct)
    probability, same_affine = volume_of(volumes.probability)
    np.testing.assert_allclose(affine, same_affine)
    assert hounsfield.shape == probability.shape
    whole = read_probability_map(cases[0].source.path)
    start = np.rint(whole.world_to_index(affine[:3, 3])[0]).astype(int)
    crop = tuple(slice(low, low + size) for low, size in zip(start, hounsfield.shape, strict=True))
    shown = np.where(whole.probability >= 0.05, whole.probability, 0)[crop]
    np.testing.assert_allclose(probability, shown, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(hounsfield, images["case00"].read()[crop], atol=0.51)


def test_cropped_volume_lies_where_the_spine_does(opened: Opened, tmp_path: Path) -> None:
    case = opened[0][0]
    # A CT of 2 mm whose value is x + 10 y + 100 z in world mm, and a map of 1.5 mm with another origin.
    z, y, x = np.indices((150, 150, 150)) * 2.0 - 150
    ct_affine = np.diag([2.0, 2.0, 2.0, 1.0])
    ct_affine[:3, 3] = -150
    values = np.clip((x + 2 * y + 3 * z).T, -1000, 3000).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(values, RAS_TO_LPS @ ct_affine), tmp_path / "ct.nii.gz")
    affine = np.diag([1.5, 1.5, 1.5, 1.0])
    affine[:3, 3] = -140
    probability = np.zeros((180, 180, 180), dtype=np.float32)
    path = tmp_path / "a_fracture.nii.gz"
    mapped = ProbabilityMap.from_probability(probability, affine)
    centre = tuple(np.rint(mapped.world_to_index(case.vertebrae[1].centroid)[0]).astype(int))
    probability[centre] = 0.8
    write_probability_map(path, probability, affine)
    moved = replace(case, source=replace(case.source, path=path))
    volumes = cut_out(moved, open_nifti(tmp_path / "ct.nii.gz"))
    hounsfield, crop_affine = volume_of(volumes.ct)
    shown, _ = volume_of(volumes.probability)
    assert hounsfield.shape < probability.shape
    assert [round(size * 1.5) for size in hounsfield.shape] == pytest.approx([20 + 60, 1 + 100, 1 + 80], abs=4)
    for vertebra in case.vertebrae:
        place = tuple(np.rint(world_to_index(crop_affine, vertebra.centroid)[0]).astype(int))
        wx, wy, wz = crop_affine[:3, :3] @ np.array(place[::-1]) + crop_affine[:3, 3]
        assert hounsfield[place] == pytest.approx(wx + 2 * wy + 3 * wz, abs=0.51)
    assert shown[place] == pytest.approx(0.8, abs=0.003)
    assert (shown > 0).sum() == 1


def test_outside_the_ct_is_air(opened: Opened, tmp_path: Path) -> None:
    case = opened[0][0]
    affine = np.diag([1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = 500
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), dtype=np.int16), RAS_TO_LPS @ affine), tmp_path / "ct.nii.gz")
    hounsfield, _ = volume_of(cut_out(case, open_nifti(tmp_path / "ct.nii.gz")).ct)
    assert np.all(hounsfield == -1024)


def test_number_and_size_are_limited(opened: Opened) -> None:
    cases, images = opened
    everything = viewer_cases(cases, images, largest_number=5, megabytes=100)
    assert [one.case.source.case_id for one in everything] == ["case00", "case01", "case02"]
    assert len(viewer_cases(cases, images, largest_number=2, megabytes=100)) == 2
    first, second, third = everything
    assert first.size * 1e6 == pytest.approx(len(b64encode(first.ct + first.probability)), abs=4)
    # The second does not fit beside the first, a smaller third would.
    room = first.size + min(second.size, third.size) * 1.0001
    chosen = viewer_cases(cases, images, largest_number=5, megabytes=room)
    assert len(chosen) == 2
    assert sum(one.size for one in chosen) <= room
    assert viewer_cases(cases, images, largest_number=5, megabytes=first.size / 2) == []


def test_equal_volumes_give_equal_bytes(opened: Opened) -> None:
    cases, images = opened
    assert cut_out(cases[0], images["case00"]) == cut_out(cases[0], images["case00"])

"""Maps that are equal, or segmentations instead of probabilities, are named."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.cohort.map_content import content_doubts, content_of
from evaluation.cohort.sources import CaseMap
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map, write_probability_map

SHAPE = (3, 4, 5)


def doubts(folder: Path, **maps: FloatArray) -> list[str]:
    for case_id, voxels in maps.items():
        write_probability_map(folder / f"{case_id}.nii.gz", voxels, np.eye(4))
    contents = [content_of(ProbabilityMap.from_probability(voxels, np.eye(4))) for voxels in maps.values()]
    return content_doubts([CaseMap(case_id, folder / f"{case_id}.nii.gz") for case_id in maps], contents)


def test_equal_maps_are_named_unless_they_are_constant(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).random((2, *SHAPE))
    constant = np.full(SHAPE, 0.3)
    (doubt,) = doubts(tmp_path, a=drawn[0], b=drawn[1], c=drawn[0], d=constant, e=constant)
    assert doubt == "The maps of cases a, c are equal. Check that each is the map of its case."
    assert doubts(tmp_path, a=drawn[0], b=drawn[1], d=constant) == []


def test_segmentations_are_named(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).random(SHAPE)
    (doubt,) = doubts(tmp_path, a=drawn, b=(drawn > 0.5).astype(float), c=np.zeros(SHAPE))
    assert doubt.startswith("1 of 3 maps hold 0 and 1 only (b): segmentations, which")


def test_maps_in_bytes_are_named(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).random(SHAPE)
    assert doubts(tmp_path, a=drawn) == []
    image: Any = nibabel.Nifti1Image(np.rint(255 * drawn.T).astype(np.uint8), np.eye(4))
    image.header.set_slope_inter(1 / 255, 0)
    nibabel.save(image, tmp_path / "a.nii.gz")
    content = content_of(read_probability_map(tmp_path / "a.nii.gz"))
    (doubt,) = content_doubts([CaseMap("a", tmp_path / "a.nii.gz")], [content])
    assert doubt.startswith("1 of 1 maps are stored in 8 bits (a): close probabilities are ties")

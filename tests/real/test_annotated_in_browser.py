"""VerSe subject 014, annotated by clicks on the page: what `convert` makes of it, next to the expert's mask."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import read_volume, to_canonical
from dataset_conversion.labels.ellipsoids import EllipsoidSettings, draw_owners
from dataset_conversion.labels.placement import place_ellipsoids
from dataset_conversion.readers.formats.verse import LEVEL_OF_LABEL, read
from dataset_conversion.readers.registry import read_annotations
from dataset_conversion.spine.vertebra_table import Vertebra
from tests.vf_nnunet.annotation.conftest import OpenPage, Serve, browser, open_page, serve_cts

__all__ = ["browser", "open_page", "serve_cts"]

NAME = "sub-verse014"
LEVELS = ("L5", "L4", "L3", "L2", "L1")
"""In the order of the clicks. VerSe grades all of them 0."""


@pytest.mark.slow
def test_clicks_become_labels_that_lie_in_their_vertebrae(
    shared_data: Path, serve_cts: Serve, open_page: OpenPage
) -> None:
    folder = shared_data / "verse" / NAME
    ct = folder / f"{NAME}_ct.nii.gz"
    expert = {mark.vertebra: mark for mark in read(folder, {NAME: read_image_header(ct)}).vertebrae}
    volume = read_ct(ct)
    served = serve_cts({NAME: ct})
    page = open_page(served.address.url)
    for level in LEVELS:
        voxel = np.rint(volume.world_to_index(expert[level].centroid))[0].astype(int)
        page.click(voxel[::-1].tolist())
        page.keys("0")
    page.saved()
    images = {NAME: read_image_header(ct)}
    clicked = read_annotations(served.table, images).vertebrae
    assert {mark.vertebra: mark.grade for mark in clicked} == dict.fromkeys(LEVELS, 0)
    assert distances(clicked, expert).max() <= float(np.linalg.norm(volume.spacing)) / 2 + 0.1
    mask = to_canonical(read_volume(folder / f"{NAME}_seg-vert_msk.nii.gz"))
    owners = draw_owners(mask, mask.array.shape, place_ellipsoids(mask, clicked, EllipsoidSettings()))
    numbers = {level: label for label, level in LEVEL_OF_LABEL.items()}
    purities = [
        float((mask.array[owners == number] == numbers[mark.vertebra]).mean())
        for number, mark in enumerate(clicked, start=1)
    ]
    assert np.mean(purities) >= 0.995
    assert min(purities) >= 0.97


def distances(clicked: tuple[Vertebra, ...], expert: Mapping[str, Vertebra]) -> np.ndarray:
    """Distance in mm of each click from the expert's centre."""
    return np.array([np.linalg.norm(np.subtract(mark.centroid, expert[mark.vertebra].centroid)) for mark in clicked])

"""The small picture of a case."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from tests.vf_nnunet.small_spine import SmallSpine
from vf_nnunet.screening.worklist.settings import THUMBNAIL
from vf_nnunet.screening.worklist.thumbnail import draw_thumbnail, thumbnail_of_picture
from vf_nnunet.screening.worklist.volumes import CaseVolumes, cut_volumes


def volumes_of(spine: SmallSpine) -> CaseVolumes:
    return cut_volumes(spine.image(), spine.maps["fracture"], spine.centres.tolist(), [])


def red(content: bytes) -> np.ndarray:
    """Where the picture is reddish, as the map at high probability is."""
    pixels = np.asarray(Image.open(BytesIO(content)).convert("RGB")).astype(int)
    return np.asarray(pixels[..., 0] > pixels[..., 2] + 60)


def test_it_is_small_and_shows_the_fracture_in_the_middle(spine: SmallSpine) -> None:
    content = draw_thumbnail(volumes_of(spine), spine.centres.tolist())
    assert len(content) <= THUMBNAIL.largest_bytes
    width, height = Image.open(BytesIO(content)).size
    assert width <= THUMBNAIL.width
    assert height <= THUMBNAIL.height
    rows = np.flatnonzero(red(content).any(axis=1)) / height
    assert 0.38 < rows.min() < 0.5 < rows.max() < 0.62


def test_without_vertebrae_it_shows_the_highest_probability(spine: SmallSpine) -> None:
    """The fracture is not in the middle of the image, from left to right."""
    aside = np.roll(spine.fracture, 25, axis=2)
    fracture = replace(spine.maps["fracture"], quantised=np.rint(aside * 65535).astype(np.uint16))
    assert red(draw_thumbnail(cut_volumes(spine.image(), fracture, [], []), [])).sum() > 20


def test_its_quality_falls_until_it_is_small_enough(spine: SmallSpine) -> None:
    volumes = volumes_of(spine)
    noisy = replace(volumes, grey=np.random.default_rng(0).integers(0, 255, volumes.grey.shape).astype(np.uint8))
    sizes = [
        len(draw_thumbnail(noisy, spine.centres.tolist(), replace(THUMBNAIL, largest_bytes=limit)))
        for limit in (10**6, 9000)
    ]
    assert sizes[1] <= 9000 < sizes[0]


def test_a_picture_gives_its_middle_slice(tmp_path: Path) -> None:
    pixels = np.zeros((700, 900, 3), np.uint8)
    pixels[:, 300:600] = (255, 0, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    content = thumbnail_of_picture(tmp_path / "a.png", 3)
    assert red(content).mean() > 0.95
    assert Image.open(BytesIO(content)).size == (94, 220)

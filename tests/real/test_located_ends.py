"""The end of a real spine that bends strongly."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.formats.verse import read
from evaluation.localisation.chain import best_chain
from evaluation.localisation.peaks import Peaks
from evaluation.localisation.settings import DEFAULT_SETTINGS


@pytest.mark.parametrize("height", [0.45, 0.57, 0.8])
def test_l5_of_verse_014_is_on_the_chain(shared_data: Path, height: float) -> None:
    """The spine bends by 36 degrees at L4. 0.57 is the height of peaks in maps that were made from the centres."""
    folder = shared_data / "verse" / "sub-verse014"
    header = read_image_header(folder / "sub-verse014_ct.nii.gz")
    rows = read(folder, {"sub-verse014": header}).vertebrae
    centres = np.array([row.centroid for row in rows])
    peaks = Peaks(centres[np.argsort(-centres[:, 2])], np.full(len(centres), height))
    assert [link.peak for link in best_chain(peaks, DEFAULT_SETTINGS)] == list(range(5))

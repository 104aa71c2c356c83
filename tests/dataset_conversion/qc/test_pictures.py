from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

from dataset_conversion.convert import convert
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.qc.pictures import draw_pictures


@pytest.fixture(autouse=True)
def default_style() -> Iterator[None]:
    """Matplotlib's own style: nnU-Net's logger, which other tests of this process use, sets another."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


@pytest.fixture
def dataset(cohort: tuple[Path, Path], tmp_path: Path) -> Path:
    """A converted cohort."""
    return convert(
        ConversionRequest(*cohort, settings=ConversionSettings(fracture_grade=2)), tmp_path / "raw", 7, "Test"
    )


def test_two_processes_draw_the_same(dataset: Path) -> None:
    drawn = []
    for processes in (1, 2):
        folder = draw_pictures(dataset, processes)
        drawn.append({path.name: Image.open(path).tobytes() for path in folder.iterdir()})
    assert drawn[0] == drawn[1]
    assert sorted(drawn[0]) == [
        *(f"case_{number}.png" for number in range(5)),
        "contact_sheet.png",
        "fractures_by_level.png",
    ]


def test_nothing_is_left_if_a_picture_cannot_be_drawn(dataset: Path) -> None:
    (dataset / "imagesTr" / "case_3_0000.nii.gz").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"case_3_0000\.nii\.gz: cannot be read"):
        draw_pictures(dataset)
    assert not list(dataset.glob("*qc*"))

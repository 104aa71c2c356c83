from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dataset_conversion.qc.contact_sheet import Entry, draw_contact_sheets
from dataset_conversion.qc.style import SheetStyle

STYLE = SheetStyle(columns=3, rows=2, width=66, height=50, caption=20, gap=6)


def entries(folder: Path, count: int) -> list[Entry]:
    """Pictures of unlike shapes, each of one grey."""
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.new("L", (120 + 20 * number, 400), 100 + number).save(path)
        found.append(Entry(path, f"case {number} with a caption that is far too long"))
    return found


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (1, [(66, 76)]),
        (3, [(198, 76)]),
        (6, [(198, 152)]),
        (7, [(198, 152), (66, 76)]),
        (14, [(198, 152)] * 2 + [(132, 76)]),
    ],
)
def test_pages_are_filled_in_turn(tmp_path: Path, count: int, sizes: list[tuple[int, int]]) -> None:
    sheets = draw_contact_sheets(tmp_path, entries(tmp_path, count), STYLE)
    names = ["contact_sheet.png", "contact_sheet_2.png", "contact_sheet_3.png"]
    assert [sheet.name for sheet in sheets] == names[: len(sizes)]
    assert [Image.open(sheet).size for sheet in sheets] == sizes


def test_each_picture_stands_in_its_place_with_its_proportions(tmp_path: Path) -> None:
    (sheet,) = draw_contact_sheets(tmp_path, entries(tmp_path, 4), STYLE)
    grey = np.asarray(Image.open(sheet).convert("L"))
    for number, (row, column) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0)]):
        cell = grey[row * 76 : row * 76 + 50, column * 66 : (column + 1) * 66]
        inside = np.argwhere(cell == 100 + number)
        height, width = np.ptp(inside, axis=0) + 1
        assert width / height == pytest.approx((120 + 20 * number) / 400, rel=0.1)


def test_captions_stay_in_their_cell(tmp_path: Path) -> None:
    style = replace(STYLE, columns=1, rows=1)
    (sheet, *_) = draw_contact_sheets(tmp_path, entries(tmp_path, 1), style)
    caption = np.asarray(Image.open(sheet).convert("L"))[52:]
    assert caption.max() > 200
    assert caption[:, :2].max() == caption[:, -2:].max() == 0

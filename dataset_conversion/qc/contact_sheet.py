"""The pictures of all cases on one or more sheets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.qc.style import SheetStyle

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True)
class Entry:
    """One picture of the sheet: its file and its caption."""

    picture: Path
    caption: str


def draw_contact_sheets(folder: Path, entries: Sequence[Entry], style: SheetStyle) -> list[Path]:
    """Write `contact_sheet.png`, and `contact_sheet_2.png` and so on if there are too many pictures for one.

    Args:
        folder: Where the sheets are written.
        entries: The pictures in order.
        style: Style of the sheets.

    Returns:
        The files of the sheets.
    """
    per_page = style.columns * style.rows
    pages = [entries[first : first + per_page] for first in range(0, len(entries), per_page)]
    paths = [folder / f"contact_sheet{f'_{number}' if number > 1 else ''}.png" for number in range(1, len(pages) + 1)]
    for path, page in zip(paths, pages, strict=True):
        _draw_sheet(path, page, style)
    return paths


def _draw_sheet(path: Path, page: Sequence[Entry], style: SheetStyle) -> None:
    from PIL import Image, ImageDraw, ImageFont

    columns = min(style.columns, len(page))
    rows = -(-len(page) // columns)
    pictures = [_thumbnail(entry.picture, style) for entry in page]
    tallest = max(picture.height for picture in pictures)
    pitch = tallest + style.caption + style.gap
    sheet = Image.new("RGB", (columns * style.width, rows * pitch), "black")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(style.caption * 0.6)
    for number, (entry, picture) in enumerate(zip(page, pictures, strict=True)):
        left, top = number % columns * style.width, number // columns * pitch
        sheet.paste(picture, (left + (style.width - picture.width) // 2, top))
        caption = _shortened(entry.caption, font.getlength, style.width - style.gap)
        pen.text((left + style.width / 2, top + tallest + 2), caption, "white", font, anchor="mt")
    sheet.save(path)


def _thumbnail(path: Path, style: SheetStyle) -> Image.Image:
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB")
    small.thumbnail((style.width - style.gap, style.height))
    return small


def _shortened(text: str, length: Callable[[str], float], limit: float) -> str:
    while length(text) > limit:
        text = f"{text.rstrip('…')[:-1]}…"
    return text

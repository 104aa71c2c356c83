"""All cases' pictures on one sheet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.qc.style import SheetStyle


@dataclass(frozen=True)
class Entry:
    """One picture of the sheet: its file and the line under it."""

    picture: Path
    caption: str


def draw_contact_sheets(folder: Path, entries: Sequence[Entry], style: SheetStyle) -> list[Path]:
    """Write ``contact_sheet.png``, and ``contact_sheet_2.png`` and so on for what does not fit on it.

    Args:
        folder: where the sheets go.
        entries: the pictures in their order.
        style: look.

    Returns:
        The sheets.
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
    pitch = style.height + style.caption
    sheet = Image.new("RGB", (columns * style.width, rows * pitch), "black")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(style.caption * 0.6)
    for number, entry in enumerate(page):
        left, top = number % columns * style.width, number // columns * pitch
        with Image.open(entry.picture) as picture:
            small = picture.convert("RGB")
            small.thumbnail((style.width - 6, style.height - 6))
        sheet.paste(small, (left + (style.width - small.width) // 2, top + (style.height - small.height) // 2))
        caption = _shortened(entry.caption, font.getlength, style.width - 12)
        pen.text((left + style.width / 2, top + style.height), caption, "white", font, anchor="mt")
    sheet.save(path)


def _shortened(text: str, length: Callable[[str], float], limit: float) -> str:
    while length(text) > limit:
        text = f"{text.rstrip('…')[:-1]}…"
    return text

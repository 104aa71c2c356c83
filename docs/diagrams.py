"""Draw the two diagrams of the documentation: the layout of the code, from its own imports, and the data flow.

python docs/diagrams.py

A unit is a folder of a package, or a module beside the folders. Its text is the first sentence of its docstring. A
unit imports only from units that stand below it; lines show the imports that are not implied by others.
"""

import ast
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
PACKAGES = ("vf_nnunet", "evaluation", "dataset_conversion")
SKIPPED = ("__init__", "__main__", "ext_trainers")
WIDTH = 1080
MARGIN = 20
BOX_WIDTH, BOX_HEIGHT = 200, 90
GAP = 34
PANEL_TITLE = 52
STYLE = """
text { font: 12px sans-serif; fill: #1f2933 } .name { font-weight: bold; font-size: 13px }
.title { font-weight: bold; font-size: 16px } .panel { fill: #f5f7fa; stroke: #cbd2d9 }
.unit { fill: #ffffff; stroke: #486581 } .file { fill: #e3f0fb; stroke: #486581 }
.line { stroke: #829ab1; stroke-width: 1.3; fill: none; marker-end: url(#arrow) }
"""
ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#829ab1"/></marker></defs>'
)

Graph = Mapping[str, set[str]]


class Place(NamedTuple):
    """A box's upper left corner and its text."""

    x: float
    y: float
    name: str
    text: str


def unit_names(package: str) -> list[str]:
    """The folders and modules directly inside a package."""
    folder = ROOT / package
    names = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return sorted(names - set(SKIPPED))


def first_sentence(package: str, unit: str) -> str:
    """What the docstring of a unit says first."""
    folder = ROOT / package / unit
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    summary = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
    return summary.partition(". ")[0].rstrip(".").replace("`", "")


def unit_imports() -> dict[str, set[str]]:
    """Each unit, as `package.unit`, with the units that it imports, in all packages."""
    from grimp import build_graph

    sys.path.insert(0, str(ROOT))  # this checkout's packages, whatever is installed
    graph = build_graph(*PACKAGES, cache_dir=None)
    imports: dict[str, set[str]] = {}
    for module in graph.modules:
        importer = ".".join(module.split(".")[:2])
        found = {".".join(name.split(".")[:2]) for name in graph.find_modules_directly_imported_by(module)}
        imports.setdefault(importer, set()).update(found - {importer})
    return imports


def inside(package: str, imports: Graph) -> dict[str, set[str]]:
    """The units of one package and what they import of it."""
    units = unit_names(package)
    found = {unit: {name for name in units if f"{package}.{name}" in imports[f"{package}.{unit}"]} for unit in units}
    if "cli" in found:
        found["cli"].add("commands")  # imported by name
    return found


def outside(package: str, imports: Graph) -> str:
    """What a package imports of the others: a package, or its only unit that is imported."""
    found: dict[str, set[str]] = {}
    for unit, names in imports.items():
        if unit.partition(".")[0] == package:
            for name in names:
                other, _, part = name.partition(".")
                if other != package:
                    found.setdefault(other, set()).add(part)
    named = [f"{other}.{next(iter(parts))}" if len(parts) == 1 else other for other, parts in sorted(found.items())]
    return f"imports {' and '.join(named)}" if named else "imports neither of the others"


def depths(graph: Graph) -> dict[str, int]:
    """The length of the longest chain of imports below each unit. A circle is cut where it closes."""
    known: dict[str, int] = {}

    def depth(unit: str, above: tuple[str, ...]) -> int:
        if unit not in known:
            below = [depth(name, (*above, unit)) for name in sorted(graph[unit]) if name not in (*above, unit)]
            known[unit] = 1 + max(below, default=-1)
        return known[unit]

    return {unit: depth(unit, ()) for unit in sorted(graph)}


def direct(graph: Graph) -> Iterator[tuple[str, str]]:
    """The imports that do not follow from others: no unit between imports the second."""
    height = depths(graph)
    below: dict[str, set[str]] = {}
    for unit in sorted(graph, key=height.__getitem__):
        lower = {name for name in graph[unit] if height[name] < height[unit]}
        further = set().union(*(below[name] for name in lower))
        below[unit] = lower | further
        yield from ((unit, name) for name in sorted(lower - further))


def wrapped(place: Place, style: str, width: int = BOX_WIDTH) -> Iterator[str]:
    """A box with its name and text."""
    yield f'<rect class="{style}" x="{place.x:g}" y="{place.y:g}" width="{width}" height="{BOX_HEIGHT}" rx="5"/>'
    yield f'<text class="name" x="{place.x + 10:g}" y="{place.y + 19:g}">{escape(place.name)}</text>'
    for number, line in enumerate(textwrap.wrap(place.text, int(width / 6.8), max_lines=4, placeholder=" ...")):
        yield f'<text x="{place.x + 10:g}" y="{place.y + 36 + 15 * number:g}">{escape(line)}</text>'


def panel(package: str, imports: Graph, top: float) -> tuple[list[str], float]:
    """The drawing of a package and where it ends."""
    graph = inside(package, imports)
    height = depths(graph)
    places: dict[str, Place] = {}
    y = top + PANEL_TITLE
    per_row = int((WIDTH - 2 * MARGIN) // (BOX_WIDTH + 16))
    for level in sorted(set(height.values()), reverse=True):
        units = [unit for unit in sorted(graph) if height[unit] == level]
        for start in range(0, len(units), per_row):
            row = units[start : start + per_row]
            step = (WIDTH - 2 * MARGIN) / len(row)
            for number, unit in enumerate(row):
                x = MARGIN + step * (number + 0.5) - BOX_WIDTH / 2
                places[unit] = Place(x, y, unit, first_sentence(package, unit))
            y += BOX_HEIGHT + GAP
    end = y - GAP + MARGIN
    title = f"{package}: {outside(package, imports)}"
    parts = [
        f'<rect class="panel" x="4" y="{top:g}" width="{WIDTH - 8}" height="{end - top:g}" rx="8"/>',
        f'<text class="title" x="{MARGIN}" y="{top + 28:g}">{escape(title)}</text>',
    ]
    for importer, imported in direct(graph):
        first, second = places[importer], places[imported]
        middle = BOX_WIDTH / 2
        parts.append(
            f'<path class="line" d="M{first.x + middle:g} {first.y + BOX_HEIGHT:g} '
            f'L{second.x + middle:g} {second.y:g}"/>'
        )
    for place in places.values():
        parts += wrapped(place, "unit")
    return parts, end


def drawing(parts: Iterable[str], height: float, label: str) -> str:
    """The text of an SVG file."""
    size = f'viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(label)}">'
    background = f'<rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>'
    return "\n".join((head, f"<style>{STYLE}</style>", ARROW, background, *parts, "</svg>\n"))


def layout() -> str:
    """The packages and their folders."""
    imports = unit_imports()
    parts: list[str] = []
    top = 4.0
    for package in PACKAGES:
        drawn, end = panel(package, imports, top)
        parts += drawn
        top = end + 12
    return drawing(parts, top - 8, "The three packages, their folders and the imports between them")


FILES = {
    "input": (0, 0, "CTs and vertebrae.csv", "centroids and Genant grades, from a hospital or from vf_nnunet phantom"),
    "raw": (1, 0, "nnUNet_raw", "CTs on canonical axes, ellipsoid labels, folds by patient"),
    "preprocessed": (2, 0, "nnUNet_preprocessed", "plans, and images of 1 mm with z-scores"),
    "results": (3, 0, "nnUNet_results", "a model for each fold, and the probability maps of the fold held out"),
    "report": (3, 1, "evaluation/", "summary.json, scores, ROC curves, figures and report.html"),
    "file": (2, 1, "ensemble.vf", "all folds and the operating points in one file"),
    "findings": (1, 1, "predictions/", "maps, a picture and a JSON of findings for each CT"),
    "new": (0, 1, "new CTs", "NIfTI, NRRD, MetaImage or DICOM"),
}
"""Column, row, name and text of the files that the commands read and write."""
STEPS = {
    ("input", "raw"): "convert",
    ("raw", "preprocessed"): "plan",
    ("preprocessed", "results"): "train",
    ("results", "report"): "evaluate",
    ("report", "file"): "export",
    ("file", "findings"): "predict",
    ("new", "findings"): "predict",
}


def data_flow() -> str:
    """Data flow through the commands."""
    step = (WIDTH - 2 * MARGIN - BOX_WIDTH) / 3
    places = {
        key: Place(MARGIN + step * column, MARGIN + row * 150, name, text)
        for key, (column, row, name, text) in FILES.items()
    }
    parts: list[str] = []
    for (source, target), command in STEPS.items():
        first, second = places[source], places[target]
        if first.y == second.y:
            y = first.y + BOX_HEIGHT / 2
            right = second.x > first.x
            start, end = (first.x + BOX_WIDTH, second.x) if right else (first.x, second.x + BOX_WIDTH)
            parts.append(f'<path class="line" d="M{start:g} {y:g} L{end:g} {y:g}"/>')
            x = (start + end) / 2
            parts.append(f'<text class="name" text-anchor="middle" x="{x:g}" y="{y - 8:g}">{command}</text>')
        else:
            x = first.x + BOX_WIDTH / 2
            parts.append(f'<path class="line" d="M{x:g} {first.y + BOX_HEIGHT:g} L{x:g} {second.y:g}"/>')
            y = (first.y + BOX_HEIGHT + second.y) / 2
            parts.append(f'<text class="name" x="{x + 8:g}" y="{y:g}">{command}</text>')
    for place in places.values():
        parts += wrapped(place, "file")
    return drawing(parts, 2 * MARGIN + 150 + BOX_HEIGHT, "Data flow through the commands")


DIAGRAMS = {"layout.svg": layout, "data_flow.svg": data_flow}


def main() -> None:
    """Write the diagrams beside this script."""
    for name, draw in DIAGRAMS.items():
        (DOCS / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()

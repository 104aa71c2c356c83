"""Annotations written in every format, to be read back."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dataset_conversion.images.volume import Volume
from dataset_conversion.readers.formats.verse import LEVEL_OF_LABEL
from dataset_conversion.spine.geometry import axis_codes
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, read_vertebra_table, write_vertebra_table

LABEL_OF_LEVEL = {level: label for label, level in LEVEL_OF_LABEL.items()}
Write = Callable[[Path, Sequence[Vertebra], Volume], None]


def index_of(row: Vertebra, volume: Volume) -> list[float]:
    """Voxel index in order (x, y, z) along the stored axes."""
    return [float(value) for value in volume.world_to_index(row.centroid)[0][::-1]]


def along(row: Vertebra, volume: Volume, directions: str, scale: bool) -> dict[str, float]:
    """X, Y, Z counted along `directions` from the first voxel, in voxels or scaled to mm."""
    found: dict[str, float] = {}
    for value, code, step, size in zip(
        index_of(row, volume), axis_codes(volume.affine), volume.spacing[::-1], volume.array.shape[::-1], strict=True
    ):
        opposite = dict(zip("LRAPIS", "RLPASI", strict=True))[code]
        unit = step if scale else 1.0
        found |= {code: value * unit, opposite: (size - 1 - value) * unit}
    return {axis: found[code] for axis, code in zip("XYZ", directions, strict=True)}


def _at(row: Vertebra, place: Iterable[float]) -> Vertebra:
    x, y, z = place
    return replace(row, x=x, y=y, z=z, shape=None)


def table(change: Callable[[Vertebra, Volume], Iterable[float]]) -> Write:
    def write(folder: Path, case: Sequence[Vertebra], volume: Volume) -> None:
        path = folder / "vertebrae.csv"
        before = read_vertebra_table(path) if path.exists() else []
        moved = [_at(row, change(row, volume)) for row in case]
        write_vertebra_table(path, [*before, *moved])

    return write


def verse(directions: str, stated: bool) -> Write:
    def write(folder: Path, case: Sequence[Vertebra], volume: Volume) -> None:
        entries = [
            {"label": LABEL_OF_LEVEL[row.vertebra], **along(row, volume, directions, not stated)} for row in case
        ]
        head = [{"direction": list(directions)}] if stated else []
        (folder / f"{case[0].case_id}_ctd.json").write_text(json.dumps([*head, *entries]))

    return write


def markers(place: Callable[[Vertebra, Volume], Sequence[float]]) -> Write:
    def write(folder: Path, case: Sequence[Vertebra], volume: Volume) -> None:
        items = [f"<Item><pos>{' '.join(map(repr, place(row, volume)))} 0 0 0</pos></Item>" for row in case]
        content = f"<XMarkerList><ListItems>{''.join(items)}</ListItems></XMarkerList>"
        (folder / f"{case[0].case_id}_markers.xml").write_text(content)

    return write


def slicer_json(folder: Path, case: Sequence[Vertebra], volume: Volume) -> None:
    points = [{"label": f"{row.vertebra}:{row.grade}", "position": [-row.x, -row.y, row.z]} for row in case]
    content = {"markups": [{"type": "Fiducial", "coordinateSystem": "RAS", "controlPoints": points}]}
    (folder / f"{case[0].case_id}.mrk.json").write_text(json.dumps(content))


def slicer_fcsv(folder: Path, case: Sequence[Vertebra], volume: Volume) -> None:
    lines = [f"0,{row.x},{row.y},{row.z},0,0,0,1,1,1,0,{row.vertebra},{row.grade}," for row in case]
    (folder / f"{case[0].case_id}.fcsv").write_text("\n".join(["# CoordinateSystem = LPS", *lines]))


def lml(folder: Path, case: Sequence[Vertebra], volume: Volume) -> None:
    lines = [
        " ".join(
            [
                "1",
                f"{row.vertebra}_center",
                *map(repr, np.multiply(index_of(row, volume), volume.spacing[::-1]).tolist()),
            ]
        )
        for row in case
    ]
    (folder / f"{case[0].case_id}.lml").write_text("\n".join(["id name x y z", *lines]))


WRITERS: dict[str, Write] = {
    "csv": table(lambda row, volume: row.centroid),
    "csv-ras": table(lambda row, volume: (-row.x, -row.y, row.z)),
    "csv-voxel": table(index_of),
    "lml": lml,
    "mevislab-world": markers(lambda row, volume: row.centroid),
    "mevislab-voxel": markers(lambda row, volume: [value + 0.5 for value in index_of(row, volume)]),
    "slicer-fcsv": slicer_fcsv,
    "slicer-json": slicer_json,
    "verse": verse("PIR", stated=True),
    "verse19-miccai": verse("IPL", stated=False),
    "verse20-miccai": verse("PIR", stated=False),
}
WITH_GRADES = {"csv", "csv-ras", "csv-voxel", "slicer-json", "slicer-fcsv"}


def write_grades(folder: Path, rows: Sequence[Vertebra]) -> Path:
    folder.mkdir()
    for case_id, case in by_case(rows).items():
        (folder / f"{case_id}.txt").write_text("\n".join(f"{row.vertebra} {row.grade}" for row in case))
    return folder

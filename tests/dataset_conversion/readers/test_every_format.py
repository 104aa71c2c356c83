"""The same cohort, written in every format, becomes the same dataset."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_conversion.convert import convert
from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.images.volume import Volume
from dataset_conversion.readers.formats.verse import LEVEL_OF_LABEL
from dataset_conversion.readers.registry import find_format, known_formats
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader, axis_codes
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, read_vertebra_table, write_vertebra_table
from tests.dataset_conversion.conftest import numbered

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


def assert_same(found: Path, expected: Path) -> None:
    """The same dataset, its centroids to 1e-6 mm."""
    names = sorted(path.relative_to(expected) for path in expected.rglob("*.nii.gz"))
    assert names == sorted(path.relative_to(found) for path in found.rglob("*.nii.gz"))
    for name in names:
        one, other = nib.load(found / name), nib.load(expected / name)
        np.testing.assert_array_equal(one.dataobj, other.dataobj)
        np.testing.assert_allclose(one.affine, other.affine, atol=1e-4)
    for file in ("splits_final.json", "splits_inner.json", "dataset.json"):
        assert (found / file).read_text(encoding="utf-8") == (expected / file).read_text(encoding="utf-8")
    pairs = zip(
        read_vertebra_table(found / "vertebrae.csv"), read_vertebra_table(expected / "vertebrae.csv"), strict=True
    )
    for row, other in pairs:
        assert (row.case_id, row.vertebra, row.grade) == (other.case_id, other.vertebra, other.grade)
        np.testing.assert_allclose(row.centroid, other.centroid, atol=1e-6)


def test_every_format_is_tried() -> None:
    assert WRITERS.keys() == known_formats().keys()


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_dataset_from_every_format(
    tmp_path: Path, cohort: tuple[Path, Path], volume: Volume, name: str
) -> None:
    images, reference = cohort
    rows = read_vertebra_table(reference)
    expected = convert(ConversionRequest(images, reference), tmp_path / "expected", 7, "Test")
    source = tmp_path / "source"
    source.mkdir()
    for case in by_case(rows).values():
        WRITERS[name](source, case, volume)
    annotations = source / "vertebrae.csv" if name.startswith("csv") else source
    grades = None if name in WITH_GRADES else write_grades(tmp_path / "grades", rows)
    assert_same(convert(ConversionRequest(images, annotations, grades, name), tmp_path / "raw", 7, "Test"), expected)


@pytest.mark.parametrize("name", WRITERS)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_never_crashes(
    tmp_path: Path, case: Callable[..., list[Vertebra]], volume: Volume, name: str, data: st.DataObject
) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    WRITERS[name](tmp_path, case("a"), volume)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    for _ in range(2):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(InputError):
        known_formats()[name].read(path, {"a": ImageHeader(Path("a.nii.gz"), volume.array.shape, volume.affine)})
    with suppress(InputError):
        find_format(path, {})


@pytest.mark.parametrize("kind", ["nrrd", "mha", "dicom"])
def test_the_same_dataset_from_every_kind_of_image(
    tmp_path: Path, cohort: tuple[Path, Path], volume: Volume, save_series: Callable[..., Path], kind: str
) -> None:
    expected = convert(ConversionRequest(*cohort), tmp_path / "expected", 7, "Test")
    folder = tmp_path / "others"
    folder.mkdir()
    for number in range(5):
        own = replace(volume, array=numbered(volume, number))
        if kind == "dicom":
            save_series(folder / f"case_{number}", own)
        else:
            SimpleITK.WriteImage(itk_image(own), str(folder / f"case_{number}.{kind}"))
    assert_same(convert(ConversionRequest(folder, cohort[1]), tmp_path / "raw", 7, "Test"), expected)


def itk_image(volume: Volume) -> Any:
    image = SimpleITK.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing[::-1])
    image.SetOrigin(volume.affine[:3, 3].tolist())
    return image

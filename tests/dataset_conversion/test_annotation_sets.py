"""Mutations of whole annotation sets: each is refused, or warned of, or gives the same annotations.

The CTs are phantoms about the isocentre, so that mirrored and swapped centroids stay inside the images. `INVISIBLE`
holds the mutations that no check sees, with the reason.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_conversion.dataset.request import ConversionRequest
from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.input_checks import check_input
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import SPINE
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS
from dataset_conversion.spine.vertebra_table import Vertebra, by_case
from tests.dataset_conversion.annotation_files import WITH_GRADES, WRITERS, write_grades

Rows = list[Vertebra]
Mutate = Callable[["Cohort", Rows], Rows]
REGULAR = [level for level in LEVELS if level not in SUPERNUMERARY_LEVELS]
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Cohort:
    """CTs on disk and their right annotations."""

    images: Path
    volumes: dict[str, Volume]
    rows: Rows


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("sets") / "images"
    folder.mkdir()
    volumes: dict[str, Volume] = {}
    rows: Rows = []
    for number in range(3):
        plan = plan_case(3, number, SPINE)
        volume, _ = render_case(plan, SPINE)
        middle = volume.index_to_world((np.array(volume.array.shape) - 1) / 2)[0]
        affine = volume.affine.copy()
        affine[:3, 3] -= middle
        volumes[plan.case_id] = Volume(volume.array, affine)
        write_volume(folder / f"{plan.case_id}.nii.gz", volumes[plan.case_id], np.int16)
        rows += [moved(row, np.round(np.subtract(row.centroid, middle), 3)) for row in plan.rows()]
    return Cohort(folder, volumes, [replace(row, shape=None) for row in rows])


def moved(row: Vertebra, place: Sequence[float] | FloatArray) -> Vertebra:
    x, y, z = (float(value) for value in place)
    return replace(row, x=x, y=y, z=z)


def places(change: Callable[[FloatArray, Volume], Sequence[float] | FloatArray]) -> Mutate:
    return lambda cohort, rows: [
        moved(row, change(np.array(row.centroid), cohort.volumes[row.case_id])) for row in rows
    ]


def levels(change: Callable[[list[str]], list[str]]) -> Mutate:
    def mutate(cohort: Cohort, rows: Rows) -> Rows:
        cases = by_case(rows).values()
        named = [zip(case, change([row.vertebra for row in case]), strict=True) for case in cases]
        return [replace(row, vertebra=level) for pairs in named for row, level in pairs]

    return mutate


def of_first(change: Callable[[Rows], Rows]) -> Mutate:
    def mutate(cohort: Cohort, rows: Rows) -> Rows:
        first, *others = by_case(rows).values()
        return [*change(first), *(row for case in others for row in case)]

    return mutate


def files_swapped(cohort: Cohort, rows: Rows) -> Rows:
    first, second, *_ = by_case(rows)
    other = {first: second, second: first}
    names = [other.get(row.case_id, row.case_id) for row in rows]
    return [replace(row, case_id=name, patient_id=name) for row, name in zip(rows, names, strict=True)]


def file_copied(cohort: Cohort, rows: Rows) -> Rows:
    first, second, *_ = by_case(rows)
    copied = [replace(row, case_id=second, patient_id=second) for row in rows if row.case_id == first]
    return [*(row for row in rows if row.case_id != second), *copied]


def grades_shifted(cohort: Cohort, rows: Rows) -> Rows:
    return [replace(row, grade=other.grade) for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)]


def shifted(names: list[str], step: int) -> list[str]:
    return [REGULAR[REGULAR.index(name) + step] for name in names]


SEEN: dict[str, tuple[Mutate, str]] = {
    "RAS": (places(lambda p, _: p * (-1, -1, 1)), "choose --format csv-ras"),
    "x with the other sign": (places(lambda p, _: p * (-1, 1, 1)), "lie in a vertebral body"),
    "y with the other sign": (places(lambda p, _: p * (1, -1, 1)), "as y with the opposite sign"),
    "z with the other sign": (places(lambda p, _: p * (1, 1, -1)), "out of order"),
    "RAS in one case": (
        of_first(lambda case: [replace(row, x=-row.x, y=-row.y) for row in case]),
        "6 centroids in 1 case (phantom_000)",
    ),
    "centimetres": (places(lambda p, _: p / 10), "expected millimetres"),
    "metres": (places(lambda p, _: p / 1000), "expected millimetres"),
    "inches": (places(lambda p, _: p / 25.4), "expected millimetres"),
    "micrometres": (places(lambda p, _: p * 1000), "expected inside the image"),
    "voxel indices": (places(lambda p, v: v.world_to_index(p)[0][::-1]), "choose the format with --format"),
    "voxel indices z, y, x": (places(lambda p, v: v.world_to_index(p)[0]), "choose the format with --format"),
    "mm from the first voxel": (places(lambda p, v: p - v.affine[:3, 3]), "inside their image"),
    "y, x, z": (places(lambda p, _: p[[1, 0, 2]]), "lie in a vertebral body"),
    "z, y, x": (places(lambda p, _: p[[2, 1, 0]]), "expected inside the image"),
    "x, z, y": (places(lambda p, _: p[[0, 2, 1]]), "expected inside the image"),
    "spinous processes": (places(lambda p, _: np.add(p, (0, 40, 0))), "lie in a vertebral body"),
    "laminae": (places(lambda p, _: np.add(p, (0, 30, 0))), "lie in a vertebral body"),
    "the canal": (places(lambda p, _: np.add(p, (0, 15, 0))), "lie in a vertebral body"),
    "the anterior edge": (places(lambda p, _: p - (0, 15, 0)), "lie in a vertebral body"),
    "beside the body": (places(lambda p, _: np.add(p, (15, 0, 0))), "lie in a vertebral body"),
    "the lower endplate": (places(lambda p, _: p - (0, 0, 10)), "lie midway between two endplates"),
    "the disc below": (places(lambda p, _: p - (0, 0, 13)), "lie midway between two endplates"),
    "levels reversed": (levels(lambda names: names[::-1]), "out of order"),
    "two levels swapped": (levels(lambda names: [names[1], names[0], *names[2:]]), "out of order"),
    "cervical names": (levels(lambda names: REGULAR[2 : 2 + len(names)]), "of the distance in adults"),
    "T13 for L1": (levels(lambda names: ["T13" if name == "L1" else name for name in names]), "no centroid for L1"),
    "L6 at the end": (levels(lambda names: [*names[:-1], "L6"]), "between"),
    "a name skipped": (levels(lambda names: [*names[:2], *shifted(names[2:], 1)]), "mm apart; expected about"),
    "two patients' files swapped": (files_swapped, "2 cases (phantom_000, phantom_001) lie midway"),
    "one patient's file for another": (file_copied, "6 centroids at the same places"),
    "a vertebra dropped": (of_first(lambda case: [*case[:2], *case[3:]]), "no centroid for T12 between T11 and L1"),
    "the last vertebra dropped": (of_first(lambda case: case[:-1]), "phantom_000 (L3): the image has room"),
    "two vertebrae at one place": (
        of_first(lambda case: [case[0], moved(case[1], case[0].centroid), *case[2:]]),
        "out of order",
    ),
    "a case dropped": (of_first(lambda case: []), "case phantom_000: image without annotation, left out"),
    "no grades": (lambda _, rows: [replace(row, grade=None) for row in rows], "no vertebra is graded"),
    "one blank grade": (of_first(lambda case: [replace(case[0], grade=None), *case[1:]]), "T10 without a grade"),
    "grades from 1 on": (
        lambda _, rows: [replace(row, grade=min((row.grade or 0) + 1, 3)) for row in rows],
        "all 17 graded vertebrae are fractured",
    ),
    "a huge coordinate": (of_first(lambda case: [replace(case[0], z=1e300), *case[1:]]), "expected inside the image"),
}
INVISIBLE: dict[str, Mutate] = {
    # Names that are all one level off change the distances by 3 %, less than one person differs from another.
    "levels one lower": levels(lambda names: shifted(names, 1)),
    "levels one higher": levels(lambda names: shifted(names, -1)),
    # Labels and heights follow the grades; nobody but a reader knows that a vertebra is normal.
    "grades one row off": grades_shifted,
    # Less than a voxel or so: an observer's centroids differ by as much.
    "voxel indices from 1": places(lambda p, v: p + np.array(v.spacing[::-1])),
    # The next vertebra is partly cut by the image: nobody knows whether it was left out on purpose.
    "the first vertebra dropped": of_first(lambda case: case[1:]),
}


def write(folder: Path, cohort: Cohort, name: str, rows: Rows) -> ConversionRequest:
    source = folder / "source"
    source.mkdir(parents=True)
    for case in by_case(rows).values():
        WRITERS[name](source, case, cohort.volumes[case[0].case_id])
    grades = None if name in WITH_GRADES else write_grades(folder / "grades", rows)
    annotations = source / "vertebrae.csv" if name.startswith("csv") else source
    return ConversionRequest(cohort.images, annotations, grades, name)


def outcome(request: ConversionRequest, cohort: Cohort) -> tuple[bool, list[str]]:
    """Whether the annotations are the right ones, and what was said about them other than about too few patients."""
    try:
        found = check_input(request, 1)
    except InputError as error:
        return False, list(error.problems)
    said = [warning for warning in found.warnings if "folds" not in warning]
    (names, places), (right_names, right_places) = map(identity, (found.cohort.vertebrae, cohort.rows))
    return names == right_names and np.allclose(places, right_places, rtol=0, atol=TOLERANCE), said


def identity(vertebrae: Sequence[Vertebra]) -> tuple[list[tuple[object, ...]], list[tuple[float, ...]]]:
    """What names each vertebra of a table in the order of cases and levels, and its centroid."""
    rows = [row for case in by_case(vertebrae).values() for row in case]
    return [(row.case_id, row.patient_id, row.vertebra, row.grade) for row in rows], [row.centroid for row in rows]


@pytest.mark.parametrize("name", WRITERS)
def test_the_right_annotations(tmp_path: Path, phantoms: Cohort, name: str) -> None:
    assert outcome(write(tmp_path, phantoms, name, phantoms.rows), phantoms) == (True, [])


@pytest.mark.parametrize("mutation", SEEN)
def test_a_mutation_is_seen(tmp_path: Path, phantoms: Cohort, mutation: str) -> None:
    mutate, words = SEEN[mutation]
    is_same, said = outcome(write(tmp_path, phantoms, "csv", mutate(phantoms, phantoms.rows)), phantoms)
    assert not is_same
    assert words in "\n".join(said)


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "csv"])
@pytest.mark.parametrize("mutation", ["RAS", "spinous processes", "two patients' files swapped", "a vertebra dropped"])
def test_a_mutation_is_seen_in_every_format(tmp_path: Path, phantoms: Cohort, name: str, mutation: str) -> None:
    is_same, said = outcome(write(tmp_path, phantoms, name, SEEN[mutation][0](phantoms, phantoms.rows)), phantoms)
    assert not is_same
    assert said


@pytest.mark.parametrize("mutation", INVISIBLE)
def test_a_mutation_that_no_check_sees(tmp_path: Path, phantoms: Cohort, mutation: str) -> None:
    rows = INVISIBLE[mutation](phantoms, phantoms.rows)
    assert outcome(write(tmp_path, phantoms, "csv", rows), phantoms) == (False, [])


def lines(change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    return lambda text: "\r\n".join(change(text.splitlines())) + "\r\n"


def cell(row: int, column: int, value: str) -> Callable[[str], str]:
    def change(rows: list[str]) -> list[str]:
        cells = rows[row].split(",")
        cells[column] = value
        return [*rows[:row], ",".join(cells), *rows[row + 1 :]]

    return lines(change)


SAME_TABLES: dict[str, Callable[[str], bytes]] = {
    "semicolons and decimal commas": lambda text: text.replace(",", ";").replace(".", ",").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "sep=|": lambda text: ("sep=|\n" + text.replace(",", "|")).encode(),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "CR": lambda text: text.replace("\r\n", "\r").encode(),
    "empty columns": lambda text: lines(lambda rows: [f"{row},," for row in rows])(text).encode(),
    "lower-case level": lambda text: text.replace(",T10,", ",th10,").encode(),
    "spaces": lambda text: text.replace(",", " , ").encode(),
}
OTHER_TABLES: dict[str, tuple[Callable[[str], str], str]] = {
    "a cell more": (lines(lambda rows: [rows[0], rows[1] + ",9", *rows[2:]]), "row 2: 9 cells"),
    "a row cut short": (lambda text: text[:-20], "row 18: 4 cells"),
    "cut between rows": (lines(lambda rows: rows[:8]), "image without annotation, left out"),
    "null characters": (lambda text: text[:200] + "\0" * 50, "row 4: null characters"),
    "empty": (lambda text: "", "is missing"),
    "header renamed": (lambda text: text.replace("grade", "Genant"), "'Genant' is unknown"),
    "columns swapped": (lambda text: text.replace("x,y,z", "y,x,z", 1), "lie in a vertebral body"),
    "thousands": (cell(1, 5, '"1,079.584"'), "row 2: z is '1,079.584'"),
    "NaN": (cell(1, 3, "nan"), "row 2: x is 'nan'"),
    "1e400": (cell(1, 3, "1e400"), "row 2: x is '1e400'"),
    "400 digits": (cell(1, 3, "9" * 400), "row 2: x is '999"),
    "a quote": (cell(1, 2, '"T10'), "row 2: unexpected end of data"),
    "a grade of a scale to 4": (cell(1, 6, "4"), "row 2: grade is '4'"),
    "a percentage": (cell(1, 6, "25%"), "row 2: grade is '25%'"),
    "a row twice": (lines(lambda rows: [*rows, rows[1]]), "row 19: T10 of case 'phantom_000' again (first in row 2)"),
    "case in capitals": (lambda text: text.replace("phantom_000", "PHANTOM_000"), "annotated but without image"),
    "not placed": (lambda text: re.sub(r"T10(,[^,]*){3}", "T10,,,", text), "row 2: T10 with grade '0' has no centroid"),
}


@pytest.mark.parametrize("mutation", SAME_TABLES)
def test_another_spelling_of_a_table(tmp_path: Path, phantoms: Cohort, mutation: str) -> None:
    request = write(tmp_path, phantoms, "csv", phantoms.rows)
    text = request.annotations.read_bytes().decode()
    request.annotations.write_bytes(SAME_TABLES[mutation](text))
    assert outcome(request, phantoms) == (True, [])


@pytest.mark.parametrize("mutation", OTHER_TABLES)
def test_a_damaged_table(tmp_path: Path, phantoms: Cohort, mutation: str) -> None:
    change, words = OTHER_TABLES[mutation]
    request = write(tmp_path, phantoms, "csv", phantoms.rows)
    request.annotations.write_bytes(change(request.annotations.read_bytes().decode()).encode())
    is_same, said = outcome(request, phantoms)
    assert not is_same
    assert words in "\n".join(said)


def one_list(text: str, **keys: object) -> str:
    content = json.loads(text)
    content["markups"][0].update(keys)
    return json.dumps(content)


FILES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "two coordinate systems": (
        "slicer-fcsv",
        lambda text: text + "\n# CoordinateSystem = RAS",
        "CoordinateSystem is 'LPS' and 'RAS'; expected one",
    ),
    "null characters": ("slicer-fcsv", lambda text: text + "\0" * 9, "row 7: null characters"),
    "RAS for LPS": ("slicer-fcsv", lambda text: text.replace("LPS", "RAS"), "lie in a vertebral body"),
    "not placed": ("slicer-fcsv", lambda text: re.sub(r"(T10.*)", r"\1,0,0", text), "'undefined': it was not placed"),
    "units": ("slicer-json", lambda text: one_list(text, units="cm"), "units is 'cm'; expected 'mm'"),
    "a transform": ("slicer-json", lambda text: one_list(text, transformNodeID="a"), "transformNodeID is given"),
    "LPS for RAS": ("slicer-json", lambda text: one_list(text, coordinateSystem="LPS"), "lie in a vertebral body"),
    "true for a number": ("slicer-json", lambda text: re.sub(r"\[-?[\d.]+", "[true", text, count=1), "point 1"),
    "true for a label": ("verse", lambda text: re.sub(r": \d+,", ": true,", text, count=1), "True is no number"),
    "another direction": ("verse", lambda text: text.replace('"R"', '"L"'), "lie in a vertebral body"),
    "an underscore": ("lml", lambda text: re.sub(r"center \S+", "center 1_0", text, count=1), "'1_0' is no number"),
    "a marker dropped": (
        "mevislab-world",
        lambda text: re.sub(r"<Item>.*?</Item>", "", text, count=1),
        "5 markers without names but 6 levels in its grades",
    ),
}


@pytest.mark.parametrize("mutation", FILES)
def test_a_changed_file(tmp_path: Path, phantoms: Cohort, mutation: str) -> None:
    name, change, words = FILES[mutation]
    request = write(tmp_path, phantoms, name, phantoms.rows)
    path = min(request.annotations.iterdir())
    path.write_text(change(path.read_text()))
    is_same, said = outcome(request, phantoms)
    assert not is_same
    assert words in "\n".join(said)


@given(data=st.data())
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lines_moved_cut_or_repeated(
    tmp_path_factory: pytest.TempPathFactory, phantoms: Cohort, data: st.DataObject
) -> None:
    """Rows of a table in any order are the same; a row that is lost or repeated is not lost in silence."""
    request = write(tmp_path_factory.mktemp("lines"), phantoms, "csv", phantoms.rows)
    header, *rows = request.annotations.read_text().splitlines()
    kind = data.draw(st.sampled_from(["order", "middle", "twice", "cut"]))
    number = data.draw(st.sampled_from([1, 2, 3, 4, 7, 8, 9, 12, 13, 14, 15]))
    if kind == "order":
        rows = data.draw(st.permutations(rows))
    elif kind == "cut":
        rows[number] = rows[number][: data.draw(st.integers(1, len(rows[number]) - 3))]
    else:
        rows[number : number + 1] = [] if kind == "middle" else [rows[number]] * 2
    request.annotations.write_text("\n".join([header, *rows]) + "\n")
    is_same, said = outcome(request, phantoms)
    assert is_same == (kind == "order")
    assert bool(said) == (kind != "order")

"""No change of an evaluation's input goes unnoticed: it is refused, it is named, or the report stays the same."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from dataset_conversion.spine.geometry import RAS_TO_LPS, FloatArray, world_to_index
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table
from evaluation.maps.probability_map import write_probability_map
from tests.dataset_conversion.spine.model_spine import CENTROIDS, LEVELS, SHAPE, affine, draw
from vf_nnunet.cli import main

CASES = ("a", "b", "c", "d", "e", "f")
STEP = 9
"""The spine of each case lies this many mm further to the right."""
FRACTURED = {"b": {"L2": 2, "T12": 1}, "d": {"L1": 3}, "f": {"T11": 2, "L3": 1}}
MAP_AFFINE = affine() @ np.diag([2.0, 2.0, 2.0, 1.0])
MAP_SHAPE = tuple(size // 2 for size in SHAPE)

Mutation = Callable[[Path], object]


def rows_of(case_id: str, name: str | None = None) -> list[Vertebra]:
    shift = STEP * CASES.index(case_id)
    grades = FRACTURED.get(case_id, {})
    called = name or case_id
    return [
        Vertebra(called, f"patient_{called}", level, x - shift, y, z, grades.get(level, 0))
        for level, (x, y, z) in zip(LEVELS, CENTROIDS, strict=True)
    ]


def probabilities(case_id: str) -> tuple[FloatArray, FloatArray]:
    """Maps of fractures and of normal vertebrae: a block at each vertebra."""
    generator = np.random.default_rng(CASES.index(case_id))
    fracture, normal = (np.zeros(MAP_SHAPE, np.float32) for _ in range(2))
    for row in rows_of(case_id):
        z, y, x = np.rint(world_to_index(MAP_AFFINE, row.centroid)[0]).astype(int)
        block = np.s_[z - 4 : z + 5, y - 4 : y + 5, x - 4 : x + 5]
        fracture[block] = (0.6 if row.grade else 0.05) + 0.3 * generator.random()
        normal[block] = 0.95 - fracture[block]
    return fracture, normal


def maps_of(folder: Path, case_id: str) -> tuple[Path, Path]:
    fold = CASES.index(case_id) % 3
    maps = folder / "results" / "Dataset001_Test" / "model" / f"fold_{fold}" / "validation" / "probability_maps"
    return maps / f"{case_id}_fracture.nii.gz", maps / f"{case_id}_normal.nii.gz"


def image_of(folder: Path, case_id: str) -> Path:
    return folder / "images" / f"{case_id}_0000.nii.gz"


def checkpoint_of(folder: Path, case_id: str) -> Path:
    return maps_of(folder, case_id)[0].parents[2] / "checkpoint_final.pth"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three folds with the maps of two cases each, their CTs, splits and annotations."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "images").mkdir()
    for case_id in CASES:
        paths = maps_of(folder, case_id)
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        checkpoint_of(folder, case_id).touch()
        for path, voxels in zip(paths, probabilities(case_id), strict=True):
            write_probability_map(path, voxels, MAP_AFFINE)
        ct = np.roll(draw(), -STEP * CASES.index(case_id), axis=2)
        nibabel.save(nibabel.Nifti1Image(ct.T, RAS_TO_LPS @ affine()), image_of(folder, case_id))
    write_vertebra_table(folder / "vertebrae.csv", [row for case_id in CASES for row in rows_of(case_id)])
    preprocessed = folder / "preprocessed" / "Dataset001_Test"
    preprocessed.mkdir(parents=True)
    splits = [{"train": [c for c in CASES if c not in val], "val": val} for val in (["a", "d"], ["b", "e"], ["c", "f"])]
    (preprocessed / "splits_final.json").write_text(json.dumps(splits))
    return folder


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Without figures and report, which take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evaluation.evaluate.write_figures", lambda *_: {})
        patch.setattr("evaluation.evaluate.render_report", lambda *_: "")
        yield


def evaluate(folder: Path, output: Path, monkeypatch: pytest.MonkeyPatch, with_cts: bool) -> int:
    monkeypatch.setenv("nnUNet_preprocessed", str(folder / "preprocessed"))
    model = folder / "results" / "Dataset001_Test" / "model"
    images = ["--images", str(folder / "images")] if with_cts else []
    options = ["--annotations", str(folder / "vertebrae.csv"), "-o", str(output), "--bootstrap-replicates", "20"]
    return main(["evaluate", "-m", str(model), *options, *images])


def results(output: Path) -> Any:
    """The numbers of a summary."""
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    return {name: value for name, value in summary.items() if name not in ("created", "notes")}


@pytest.fixture(scope="module")
def expected(original: Path, quick: None) -> Any:
    """The numbers without a mutation."""
    with pytest.MonkeyPatch.context() as patch:
        assert evaluate(original, original / "out", patch, with_cts=False) == 0
    return results(original / "out")


def change(path: Path, alter: Callable[[FloatArray], FloatArray], dtype: Any = np.float32) -> None:
    """Alter the voxels (x, y, z) of a NIfTI file."""
    image: Any = nibabel.load(path)
    nibabel.save(nibabel.Nifti1Image(alter(image.get_fdata()).astype(dtype), image.affine), path)


def change_both(folder: Path, case_id: str, alter: Callable[[FloatArray], FloatArray]) -> None:
    for path in maps_of(folder, case_id):
        change(path, alter)


def exchange(first: Path, second: Path) -> None:
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def exchange_cases(folder: Path) -> None:
    for first, second in zip(maps_of(folder, "a"), maps_of(folder, "f"), strict=True):
        exchange(first, second)


def copy_case(folder: Path) -> None:
    for first, second in zip(maps_of(folder, "a"), maps_of(folder, "d"), strict=True):
        shutil.copy(first, second)


def move_case(folder: Path, copy: bool = False) -> None:
    """The maps of a case of the first fold in the second."""
    for path in maps_of(folder, "a"):
        (shutil.copy if copy else shutil.move)(path, maps_of(folder, "b")[0].with_name(path.name))


def remove_case(folder: Path) -> None:
    for path in maps_of(folder, "e"):
        path.unlink()


def shift_header(folder: Path) -> None:
    for path in maps_of(folder, "c"):
        image: Any = nibabel.load(path)
        moved = image.affine.copy()
        moved[2, 3] += 20
        nibabel.save(nibabel.Nifti1Image(image.get_fdata().astype(np.float32), moved), path)


def make_stale(folder: Path) -> None:
    for path in maps_of(folder, "e"):
        os.utime(path, (1, 1))


def rewrite_splits(folder: Path) -> None:
    path = folder / "preprocessed" / "Dataset001_Test" / "splits_final.json"
    splits = json.loads(path.read_text())
    splits[0]["val"] = ["a", "e"]
    path.write_text(json.dumps(splits))


def rewrite_table(folder: Path, alter: Callable[[str], str]) -> None:
    path = folder / "vertebrae.csv"
    path.write_text(alter(path.read_text()))


def exchange_rows(folder: Path) -> None:
    rows = [row for case_id in CASES[1:-1] for row in rows_of(case_id)]
    write_vertebra_table(folder / "vertebrae.csv", [*rows, *rows_of("a", "f"), *rows_of("f", "a")])


def write_in_ras(folder: Path) -> None:
    rows = [row for case_id in CASES for row in rows_of(case_id)]
    write_vertebra_table(folder / "vertebrae.csv", [replace(row, x=-row.x, y=-row.y) for row in rows])


def flip_all(folder: Path) -> None:
    for case_id in CASES:
        change_both(folder, case_id, lambda voxels: voxels[::-1])


def swap_classes(folder: Path) -> None:
    for case_id in CASES:
        exchange(*maps_of(folder, case_id))


def store_in_bytes(folder: Path) -> None:
    for case_id in CASES:
        path = maps_of(folder, case_id)[0]
        image: Any = nibabel.load(path)
        coarse = nibabel.Nifti1Image(np.rint(image.get_fdata() * 255).astype(np.uint8), image.affine)
        coarse.header.set_slope_inter(1 / 255, 0)
        nibabel.save(coarse, path)


def not_a_number(voxels: FloatArray) -> FloatArray:
    voxels[3, 4, 5] = np.nan
    return voxels


ABSENT = "<same>"
"""In place of the words that name a change: the numbers must be the same."""

MAPS: dict[str, tuple[Mutation, str]] = {
    "the fracture map of another case": (
        lambda folder: shutil.copy(maps_of(folder, "f")[0], maps_of(folder, "a")[0]),
        "The maps of cases a, f are equal|sum up to",
    ),
    "both maps of another case": (copy_case, "a, d are equal"),
    "two cases exchanged": (exchange_cases, "a_fracture.nii.gz shows a vertebra at 0%"),
    "a case in another fold": (move_case, "fold_1: maps of a, which are not outer cases"),
    "a case in two folds": (lambda folder: move_case(folder, copy=True), "fold_1: maps of a, which are not"),
    "a fold missing": (
        lambda folder: shutil.rmtree(checkpoint_of(folder, "c").parent),
        "case c has no map",
    ),
    "a case missing": (remove_case, "fold_1: no map of e"),
    "a map of normal vertebrae missing": (
        lambda folder: maps_of(folder, "e")[1].unlink(),
        "1 of 6 cases have no map of normal vertebrae, <case>_normal.nii.gz, beside that of fractures (e)",
    ),
    "other splits": (rewrite_splits, "fold_0: maps of d, which are not"),
    "maps older than the model": (make_stale, "e_fracture.nii.gz are older than checkpoint_final.pth"),
    "a fracture map flipped": (
        lambda folder: change(maps_of(folder, "b")[0], lambda voxels: voxels[::-1]),
        "b_fracture.nii.gz shows no vertebra at any of 2 fractures",
    ),
    "both maps flipped": (
        lambda folder: change_both(folder, "b", lambda voxels: voxels[::-1]),
        "b_fracture.nii.gz shows a vertebra at",
    ),
    "all maps flipped": (
        flip_all,
        "as x with the opposite sign",
    ),
    "classes exchanged": (swap_classes, "The vertebra-level AUC lies below 0.5"),
    "another grid": (
        lambda folder: change(maps_of(folder, "b")[0], lambda voxels: voxels[:-3]),
        "b_normal.nii.gz: shape",
    ),
    "another origin": (shift_header, "c_fracture.nii.gz shows a vertebra at"),
    "percent": (lambda folder: change(maps_of(folder, "a")[0], lambda voxels: voxels * 100), "a_fracture.nii.gz: val"),
    "logits": (lambda folder: change(maps_of(folder, "a")[0], lambda voxels: voxels - 0.5), "a_fracture.nii.gz: val"),
    "NaN": (lambda folder: change(maps_of(folder, "a")[0], not_a_number), "a_fracture.nii.gz: values nan"),
    "a segmentation": (
        lambda folder: change(maps_of(folder, "b")[0], np.rint, np.uint8),
        "1 of 6 maps hold 0 and 1 only (b)|sum up to",
    ),
    "cut short": (
        lambda folder: maps_of(folder, "a")[0].write_bytes(maps_of(folder, "a")[0].read_bytes()[:-200]),
        "a_fracture.nii.gz: truncated or damaged",
    ),
    "single precision": (lambda folder: change_both(folder, "a", lambda voxels: voxels), ABSENT),
    "bytes": (store_in_bytes, "stored in 8 bits"),
    "another dataset's table": (
        lambda folder: rewrite_table(folder, lambda text: text.replace("\na,patient_a", "\nx,patient_x")),
        "case x has no map",
    ),
    "the rows of two cases exchanged": (exchange_rows, "a_fracture.nii.gz shows a vertebra at"),
    "a vertebra twice": (
        lambda folder: rewrite_table(folder, lambda text: text + text.splitlines()[-1] + "\n"),
        "again (first in row",
    ),
    "two patients as one": (
        lambda folder: rewrite_table(folder, lambda text: text.replace("patient_b", "patient_a")),
        "patient patient_a has cases in folds [0, 1]",
    ),
    "RAS": (
        write_in_ras,
        "with the opposite sign|lies outside",
    ),
}

IMAGES: dict[str, tuple[Mutation, str]] = {
    "the CT of another case": (
        lambda folder: shutil.copy(image_of(folder, "f"), image_of(folder, "a")),
        "centroids in 1 case (a) lie in a vertebral body",
    ),
    "a flipped CT": (
        lambda folder: change(image_of(folder, "a"), lambda voxels: voxels[::-1], np.int16),
        "(a) lie in a vertebral body",
    ),
    "a window": (
        lambda folder: change(image_of(folder, "a"), lambda voxels: np.clip(voxels, 0, 255), np.uint8),
        "a_0000.nii.gz: darkest voxel is 0",
    ),
    "an infinite voxel": (
        lambda folder: change(image_of(folder, "a"), not_a_number),
        "a_0000.nii.gz: 1 of",
    ),
    "a smaller CT": (
        lambda folder: change(image_of(folder, "a"), lambda voxels: voxels[:-20], np.int16),
        "extends 18 mm beyond a_0000.nii.gz|extends 19 mm beyond a_0000.nii.gz",
    ),
}


@pytest.mark.parametrize("name", [*MAPS, *IMAGES])
def test_a_change_is_refused_named_or_without_effect(
    original: Path,
    expected: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(original, folder)
    mutate, words = (MAPS | IMAGES)[name]
    mutate(folder)
    code = evaluate(folder, folder / "out", monkeypatch, with_cts=name in IMAGES)
    error = capsys.readouterr().err
    assert code in (0, 2), error
    if words == ABSENT:
        assert (code, results(folder / "out")) == (0, expected)
        return
    assert any(word in error for word in words.split("|")), f"exit {code}: {error}"
    assert all(line.startswith(("vf_nnunet evaluate: ", "warning: ", "note: ")) for line in error.splitlines() if line)

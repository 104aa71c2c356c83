import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.verse import LEVEL_OF_LABEL
from dataset_conversion.readers.formats.verse_miccai import FORMATS
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader, axis_codes

READ = {found.name: found.read for found in FORMATS}
LABEL_OF_LEVEL = {level: label for label, level in LEVEL_OF_LABEL.items()}
# 30, 40 and 50 voxels of 0.5, 2 and 3 mm towards the left, the back and the head.
IMAGE = ImageHeader(Path("a.nii.gz"), (50, 40, 30), np.diag([0.5, 2.0, 3.0, 1.0]))
LAST_X, LAST_Z = 29 * 0.5, 49 * 3.0


def write(folder: Path, *entries: dict[str, Any], name: str = "a_iso-ctd.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(entries))
    return path


def entry(level: str, x: float, y: float, z: float) -> dict[str, Any]:
    return {"label": LABEL_OF_LEVEL[level], "X": x, "Y": y, "Z": z}


@pytest.mark.parametrize(
    ("name", "origin", "place"),
    [
        # X towards the feet, Y towards the back, Z towards the left: from the top, front, right corner.
        ("verse19-miccai", (0.0, 0.0, LAST_Z), (6.0, 20.0, LAST_Z - 12.0)),
        # X towards the back, Y towards the feet, Z towards the right: from the front, top, left corner.
        ("verse20-miccai", (LAST_X, 0.0, LAST_Z), (LAST_X - 6.0, 12.0, LAST_Z - 20.0)),
    ],
)
def test_known_places(
    tmp_path: Path, name: str, origin: tuple[float, float, float], place: tuple[float, float, float]
) -> None:
    path = write(tmp_path, entry("L1", 0.0, 0.0, 0.0), entry("L2", 12.0, 20.0, 6.0))
    first, second = READ[name](path, {"a": IMAGE}).vertebrae
    np.testing.assert_allclose(first.centroid, origin, atol=1e-9)
    np.testing.assert_allclose(second.centroid, place, atol=1e-9)
    assert (first.vertebra, second.vertebra) == ("L1", "L2")


@pytest.mark.parametrize(("name", "directions"), [("verse19-miccai", "IPL"), ("verse20-miccai", "PIR")])
@given(seed=st.integers(0, 2**20))
def test_written_files_are_read(
    tmp_path_factory: pytest.TempPathFactory,
    draw: Callable[[int], Any],
    same_places: Callable[[Annotations, Any], None],
    name: str,
    directions: str,
    seed: int,
) -> None:
    drawn = draw(seed)
    entries = []
    for level, index in drawn.indices.items():
        towards: dict[str, float] = {}
        for axis, code in enumerate(axis_codes(drawn.header.affine)):
            spacing, size = drawn.itk.GetSpacing()[axis], drawn.itk.GetSize()[axis]
            opposite = dict(zip("LRAPIS", "RLPASI", strict=True))[code]
            towards |= {code: index[axis] * spacing, opposite: (size - 1 - index[axis]) * spacing}
        entries.append(entry(level, *(towards[code] for code in directions)))
    path = write(tmp_path_factory.mktemp("miccai"), *entries)
    same_places(READ[name](path, {"a": drawn.header}), drawn)


def test_files_of_both_challenges_look_the_same(tmp_path: Path) -> None:
    assert not any(found.matches(tmp_path) for found in FORMATS)
    path = write(tmp_path, entry("L1", 1, 2, 3), name="verse004_ctd.json")
    assert all(found.matches(tmp_path) and found.matches(path) for found in FORMATS)
    assert {found.name: found.rivals for found in FORMATS} == {
        "verse19-miccai": ("verse20-miccai",),
        "verse20-miccai": ("verse19-miccai",),
    }
    path.write_text(json.dumps([{"direction": ["P", "I", "R"]}]))
    assert not any(found.matches(tmp_path) for found in FORMATS)
    path.write_text("[")
    assert not any(found.matches(tmp_path) for found in FORMATS)


def test_a_direction_is_not_ignored(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(tmp_path, {"direction": ["P", "I", "R"]}, entry("L1", 1, 2, 3))
    (problem,) = problems_of(READ["verse19-miccai"], path, IMAGE)
    assert problem.startswith("does not begin with a vertebra")


def test_missing_coordinates_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, entry("L1", 1, 2, float("nan")), entry("L2", 1, 2, 3))
    assert [row.vertebra for row in READ["verse20-miccai"](path, {"a": IMAGE}).vertebrae] == ["L2"]

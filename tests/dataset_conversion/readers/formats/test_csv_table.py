from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.csv_table import FORMATS
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra, write_vertebra_table

READ = {found.name: found.read for found in FORMATS}
IMAGE = ImageHeader(Path("a.nii.gz"), (50, 40, 30), np.diag([0.5, -2.0, 3.0, 1.0]))


def test_cases_without_image_are_named_but_not_read(tmp_path: Path, case: Callable[..., list[Vertebra]]) -> None:
    path = tmp_path / "vertebrae.csv"
    write_vertebra_table(path, [*case("a", "p"), *case("b", "p")])
    found = READ["csv"](path, {"b": IMAGE})
    assert found.cases == {"a", "b"}
    assert list(found.vertebrae) == case("b", "p")


@pytest.mark.parametrize(
    ("name", "place"),
    [("csv", (10.0, 20.0, 30.0)), ("csv-ras", (-10.0, -20.0, 30.0)), ("csv-voxel", (5.0, -40.0, 90.0))],
)
def test_known_places(tmp_path: Path, name: str, place: tuple[float, float, float]) -> None:
    row = Vertebra("a", "p", "L1", 10.0, 20.0, 30.0, 2, "wedge")
    write_vertebra_table(tmp_path / "vertebrae.csv", [row])
    x, y, z = place
    assert READ[name](tmp_path / "vertebrae.csv", {"a": IMAGE}).vertebrae == (replace(row, x=x, y=y, z=z),)


@pytest.mark.parametrize("name", READ)
@given(seed=st.integers(0, 2**20))
def test_written_files_are_read_in_any_space(
    tmp_path_factory: pytest.TempPathFactory,
    draw: Callable[[int], Any],
    same_places: Callable[[Annotations, Any], None],
    name: str,
    seed: int,
) -> None:
    drawn = draw(seed)
    worlds = drawn.worlds()
    places = {
        "csv": worlds,
        "csv-ras": {level: point * [-1, -1, 1] for level, point in worlds.items()},
        "csv-voxel": drawn.indices,
    }
    path = tmp_path_factory.mktemp("csv") / "vertebrae.csv"
    write_vertebra_table(
        path, [Vertebra("a", "a", level, float(x), float(y), float(z)) for level, (x, y, z) in places[name].items()]
    )
    same_places(READ[name](path, {"a": drawn.header}), drawn)


def test_only_lps_is_recognised_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "vertebrae.CSV"
    path.touch()
    assert [found.name for found in FORMATS if found.matches(path)] == ["csv"]
    assert not any(found.matches(tmp_path) for found in FORMATS)

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.readers.formats.lml import FORMATS
from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader

read = FORMATS[0].read
# Axes towards the right, the front and the head, as many NIfTI files have them.
IMAGE = ImageHeader(Path("a.nii.gz"), (50, 40, 30), np.diag([-0.5, -2.0, 3.0, 1.0]) + np.eye(4, k=3) * 100)


def write(folder: Path, *lines: str) -> Path:
    path = folder / "a.lml"
    path.write_text("\n".join(["id name x y z", *lines]) + "\n")
    return path


def test_millimetres_along_the_stored_axes(tmp_path: Path) -> None:
    path = write(tmp_path, "1\tL1_center\t10\t20\t30", "", " 2  T12_center  10.5  20  60 ")
    found = read(path, {"a": IMAGE}).vertebrae
    assert [vertebra.vertebra for vertebra in found] == ["L1", "T12"]
    # The origin is at x = 100 mm.
    centroids = np.array([vertebra.centroid for vertebra in found])
    np.testing.assert_allclose(centroids, np.array([[90, -20, 30], [89.5, -20, 60]]), atol=1e-9)


@given(seed=st.integers(0, 2**20))
def test_written_files_are_read(
    tmp_path_factory: pytest.TempPathFactory,
    draw: Callable[[int], Any],
    same_places: Callable[[Annotations, Any], None],
    seed: int,
) -> None:
    drawn = draw(seed)
    places = {level: np.multiply(index, drawn.itk.GetSpacing()) for level, index in drawn.indices.items()}
    lines = [
        f"{row} {level}_center {x!r} {y!r} {z!r}"
        for row, (level, at) in enumerate(places.items())
        for x, y, z in [map(float, at)]
    ]
    same_places(read(write(tmp_path_factory.mktemp("lml"), *lines), {"a": drawn.header}), drawn)


def test_bad_rows_are_named(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = write(tmp_path, "1 L9_center 1 2 3", "2 L1_center 1 2", "3 L2_center 1 2 up", "4 L3_center nan 2 3")
    assert [problem.split(";")[0] for problem in problems_of(read, path, IMAGE)] == [
        "row 2: vertebra is 'L9_center'",
        "row 3: '2 L1_center 1 2' cannot be understood (4 cells)",
        "row 4: '3 L2_center 1 2 up' cannot be understood ('up' is no number)",
    ]
    path = write(tmp_path, "4 L3_center nan 2 3")
    assert problems_of(read, path, IMAGE) == ["L3 at (nan, nan, nan); expected finite coordinates"]


def test_no_text(tmp_path: Path, problems_of: Callable[..., list[str]]) -> None:
    path = tmp_path / "a.lml"
    path.write_bytes(b"\xff\xfe\x00")
    (problem,) = problems_of(read, path, IMAGE)
    assert problem.startswith("cannot be read")


def test_a_file_without_a_header_does_not_lose_its_first_landmark(
    tmp_path: Path, problems_of: Callable[..., list[str]]
) -> None:
    path = write(tmp_path, "1 L1_center 1 2 3")
    path.write_text("1 T12_center 1 2 33\n2 L1_center 1 2 3\n")
    assert problems_of(read, path, IMAGE) == [
        "row 1: '1 T12_center 1 2 33' is a landmark; expected the header line, which is not read"
    ]

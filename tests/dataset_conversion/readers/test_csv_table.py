from collections.abc import Callable
from pathlib import Path

import numpy as np

from dataset_conversion.geometry import ImageHeader
from dataset_conversion.readers.csv_table import read
from dataset_conversion.vertebra_table import Vertebra, write_vertebra_table


def test_cases_without_image_are_named_but_not_read(tmp_path: Path, case: Callable[..., list[Vertebra]]) -> None:
    path = tmp_path / "vertebrae.csv"
    write_vertebra_table(path, [*case("a", "p"), *case("b", "p")])
    found = read(path, {"b": ImageHeader(Path("b.nii.gz"), (1, 1, 1), np.eye(4))})
    assert found.cases == {"a", "b"}
    assert list(found.vertebrae) == case("b", "p")

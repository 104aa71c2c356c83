"""The same cohort, written in every format, becomes the same dataset."""

from collections.abc import Callable
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
from dataset_conversion.label_maps.numberings import NUMBERINGS
from dataset_conversion.readers.registry import find_format, known_formats
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import Vertebra, by_case, read_vertebra_table
from tests.dataset_conversion.annotation_files import WITH_GRADES, WRITERS, write_grades
from tests.dataset_conversion.conftest import numbered

MASKS = {"vertebra-masks", *NUMBERINGS}
"""Formats whose centroids are measured and not stored; see `formats/test_vertebra_masks.py`."""


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
    assert WRITERS.keys() | MASKS == known_formats().keys()


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

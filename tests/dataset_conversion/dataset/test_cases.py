from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dataset_conversion.checks.problems import messages
from dataset_conversion.dataset.cases import Job, write_case
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.images.volume import Volume, read_volume
from dataset_conversion.spine.vertebra_table import Vertebra

MakeCase = Callable[..., list[Vertebra]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset's folder without cases."""
    for part in ("imagesTr", "labelsTr"):
        (tmp_path / part).mkdir()
    return tmp_path


def test_a_case_is_an_image_and_a_label_volume(folder: Path, cohort: tuple[Path, Path], case: MakeCase) -> None:
    atlas = replace(case("case_1")[0], vertebra="C1", z=-188.0)
    job = Job("case_1", cohort[0] / "case_1.nii.gz", (atlas, *case("case_1")))
    assert write_case(folder, ConversionSettings(), job) == []
    image, label = (read_volume(folder / name) for name in ("imagesTr/case_1_0000.nii.gz", "labelsTr/case_1.nii.gz"))
    assert image.array.shape == label.array.shape
    indices = label.world_to_index([vertebra.centroid for vertebra in job.vertebrae]).round().astype(int)
    assert label.array[tuple(indices.T)].tolist() == [0, 1, 2, 1]


def test_an_image_that_has_gone_since_the_checks_is_a_problem(folder: Path, case: MakeCase) -> None:
    job = Job("a", folder / "absent.nii.gz", tuple(case("a")))
    (problem,) = messages(write_case(folder, ConversionSettings(), job), "error")
    assert "absent.nii.gz: cannot be read" in problem
    assert not list((folder / "imagesTr").iterdir())


def test_a_vertebra_between_thick_slices_is_a_warning(
    folder: Path, volume: Volume, save: Callable[..., Path], case: MakeCase
) -> None:
    affine = volume.affine.copy()
    affine[:3, 2] = [0.0, 0.0, 24.0]
    affine[2, 3] = -289.0
    image = save(folder / "thick.nii.gz", volume.array.T[..., :5], affine)
    (problem,) = write_case(folder, ConversionSettings(), Job("thick", image, tuple(case("thick"))))
    assert (problem.severity, problem.message) == (
        "warning",
        "case thick: no label at the centroid of T12, whose ellipsoid falls between thick slices",
    )

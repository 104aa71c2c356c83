import nibabel
import pytest

from dataset_conversion.spine.errors import InputError
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.images import CT_SUFFIX, open_images
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import MakeCohort


def test_every_missing_image_is_named(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    assert set(open_images(assembled, cohort.images, CT_SUFFIX)) == {"case00", "case01", "case02"}
    (cohort.images / "case00_0000.nii.gz").unlink()
    (cohort.images / "case02_0000.nii.gz").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        open_images(assembled, cohort.images, CT_SUFFIX)
    assert len(caught.value.problems) == 2
    assert "case00_0000.nii.gz" in caught.value.problems[0]


def test_without_a_folder_there_is_none(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    assert open_images(assemble_cohort(cohort.maps, cohort.annotations, settings), None, CT_SUFFIX) == {}


def test_image_of_another_place_is_recognised_by_the_graded_centroids(
    make_cohort: MakeCohort, settings: EvaluationSettings
) -> None:
    cohort = make_cohort([{"T12": None, "L1": 2}, {"L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    path = cohort.images / "case00_0000.nii.gz"
    # T12 lies in slice 52 and has no grade, L1 in slice 32.
    nibabel.save(nibabel.load(path).slicer[:, :, :40], path)
    assert set(open_images(assembled, cohort.images, CT_SUFFIX)) == {"case00", "case01"}
    nibabel.save(nibabel.load(path).slicer[:, :, :30], path)
    with pytest.raises(InputError) as caught:
        open_images(assembled, cohort.images, CT_SUFFIX)
    (finding,) = caught.value.problems
    assert finding.startswith(f"{path}: centroid of L1 at (1.0, 1.0, 0.0) LPS mm lies outside the image; expected")


def test_endings_in_upper_case(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    shouted = (cohort.images / "case00_0000.nii.gz").rename(cohort.images / "case00_0000.NII.GZ")
    opened = open_images(assembled, cohort.images, CT_SUFFIX)
    assert opened["case00"].path == shouted
    assert opened["case00"].read().shape == opened["case01"].read().shape

from collections.abc import Callable

import pytest

from evaluation.cohort import assemble_cohort
from evaluation.errors import EvaluationError
from evaluation.images import CT_SUFFIX, open_images
from evaluation.settings import EvaluationSettings


def test_every_missing_image_is_named(make_cohort: Callable, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 0}])
    assembled = assemble_cohort(cohort.maps, cohort.annotations, settings)
    assert set(open_images(assembled, cohort.images, CT_SUFFIX)) == {"case00", "case01", "case02"}
    (cohort.images / "case00_0000.nii.gz").unlink()
    (cohort.images / "case02_0000.nii.gz").write_bytes(b"")
    with pytest.raises(EvaluationError) as caught:
        open_images(assembled, cohort.images, CT_SUFFIX)
    assert len(caught.value.findings) == 2
    assert "case00_0000.nii.gz" in caught.value.findings[0]


def test_without_a_folder_there_is_none(make_cohort: Callable, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    assert open_images(assemble_cohort(cohort.maps, cohort.annotations, settings), None, CT_SUFFIX) == {}

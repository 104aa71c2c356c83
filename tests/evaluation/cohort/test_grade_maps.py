from pathlib import Path

import numpy as np
import pytest

from evaluation.cohort import grade_maps
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.images import read_map
from evaluation.cohort.normal_maps import read_normal_map
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map
from evaluation.settings import EvaluationSettings
from tests.evaluation.analysis.test_grading import GRADES, write_grade_maps
from tests.evaluation.conftest import MakeCohort


def test_the_map_of_normal_vertebrae_is_not_read_again(
    make_cohort: MakeCohort, settings: EvaluationSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort)
    case = assemble_cohort(cohort.maps, cohort.annotations, settings).cases[0]
    fracture = read_map(case)
    normal = read_normal_map(case, fracture)
    read: list[str] = []

    def keep(path: Path, labels: tuple[int, ...]) -> ProbabilityMap:
        read.append(path.name)
        return read_probability_map(path, labels)

    monkeypatch.setattr(grade_maps, "read_probability_map", keep)
    given = list(grade_maps.read_grade_maps(case, fracture, normal))
    assert read == [f"case00_{name}.nii.gz" for name in ("mild", "moderate", "severe")]
    assert given[0] is normal
    alone = list(grade_maps.read_grade_maps(case, fracture, None))
    assert len(read) == 3 + 4
    for one, other in zip(given, alone, strict=True):
        np.testing.assert_array_equal(one.quantised, other.quantised)

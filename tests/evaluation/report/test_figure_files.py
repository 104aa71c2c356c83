from pathlib import Path

from evaluation.report.figure_files import write_figures
from evaluation.report.figure_style import new_figure
from evaluation.report.patient_pictures import Picture
from evaluation.settings import EvaluationSettings
from tests.evaluation.conftest import MakeCohort, SyntheticCohort, add_normal_maps, analyse_all, locate_all

DRAWN = {"patient_roc", "patient_hull", "vertebra_roc", "froc", "scores_by_grade", "calibration"}


OWN = {"own_centres_distance", "own_centres_roc", "own_centres_froc"}


def write(
    cohort: SyntheticCohort, settings: EvaluationSettings, folder: Path, pictures: list[Picture]
) -> dict[str, Path]:
    _, scores, analysis, details = analyse_all(cohort, settings)
    return write_figures(folder, scores, analysis, details, locate_all(cohort, settings), pictures, settings)


def test_every_figure_in_both_formats(make_cohort: MakeCohort, settings: EvaluationSettings, tmp_path: Path) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 1}, {"L1": 0}])
    picture = Picture("sagittal_case00", "a caption", new_figure((1.0, 1.0)))
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "sagittal_of_an_earlier_evaluation.png").write_bytes(b"")
    files = write(cohort, settings, tmp_path / "figures", [picture])
    names = {*DRAWN, "sagittal_case00"}
    found = {path.name for path in (tmp_path / "figures").iterdir()}
    assert found == {f"{name}.{suffix}" for name in names for suffix in ("png", "svg")}
    assert set(files) == names
    assert files["sagittal_case00"].suffix == ".png"
    assert files["patient_roc"].suffix == ".svg"


def test_figures_of_located_vertebrae(make_cohort: MakeCohort, settings: EvaluationSettings, tmp_path: Path) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 1}, {"L1": 0}])
    add_normal_maps(cohort)
    assert set(write(cohort, settings, tmp_path, [])) == DRAWN | OWN


def test_curves_that_do_not_exist_are_removed(
    make_cohort: MakeCohort, settings: EvaluationSettings, tmp_path: Path
) -> None:
    cohort = make_cohort([{"L1": 0}, {"L1": 0}])
    for name in DRAWN | OWN:
        (tmp_path / f"{name}.png").write_bytes(b"of an earlier evaluation")
    files = write(cohort, settings, tmp_path, [])
    assert set(files) == {"scores_by_grade", "calibration"}
    assert {path.stem for path in tmp_path.glob("*.png")} == {"scores_by_grade", "calibration"}

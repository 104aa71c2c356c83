import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dataset_conversion.spine.errors import InputError
from evaluation.evaluate import evaluate
from evaluation.maps.probability_map import write_probability_map
from evaluation.settings import EvaluationSettings
from tests.evaluation.analysis.test_grading import GRADES, write_grade_maps
from tests.evaluation.conftest import Grades, MakeCohort, SyntheticCohort, add_normal_maps

FILES = {
    "patient_scores.csv",
    "vertebra_scores.csv",
    "patient_roc.csv",
    "vertebra_roc.csv",
    "summary.json",
    "report.html",
    "errors.csv",
    "figures/calibration.png",
    "figures/calibration.svg",
    "figures/froc.png",
    "figures/froc.svg",
    "figures/patient_hull.png",
    "figures/patient_hull.svg",
    "figures/patient_roc.png",
    "figures/patient_roc.svg",
    "figures/scores_by_grade.png",
    "figures/scores_by_grade.svg",
    "figures/vertebra_roc.png",
    "figures/vertebra_roc.svg",
}
FIGURES = sorted({Path(file).stem for file in FILES if file.startswith("figures")})
OWN_CENTRES = {
    "located_vertebrae.csv",
    *(f"figures/own_centres_{kind}.{suffix}" for kind in ("distance", "roc", "froc") for suffix in ("png", "svg")),
}
"""Files about the vertebrae located in the maps; these need maps of normal vertebrae."""
NEEDS_BOTH = ("patient_roc", "patient_hull", "vertebra_roc")


NO_NORMAL_MAPS = (
    "There are no results with vertebrae located in the maps: {} of {} cases have no map of normal vertebrae, "
    "<case>_normal.nii.gz, beside that of fractures ({})."
)


class Sources(HTMLParser):
    """Everything a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]


def files_in(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


Evaluated = tuple[SyntheticCohort, dict[str, Any]]


@pytest.fixture(scope="module")
def evaluated(make_shared_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings) -> Evaluated:
    cohort = make_shared_cohort(mixed_grades)
    note = "Phantoms test software <& nothing else>."
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, replace(settings, note=note), cohort.images)
    return cohort, summary


def test_whole_cohort(evaluated: Evaluated) -> None:
    cohort, summary = evaluated
    pictures = {file for file in files_in(cohort.output) if file.startswith("figures/sagittal_case")}
    assert files_in(cohort.output) - pictures == FILES
    assert len(pictures) == 2 * 3
    assert json.loads((cohort.output / "summary.json").read_text(encoding="utf-8")) == json.loads(json.dumps(summary))
    patient, vertebra = summary["patient"], summary["vertebra"]
    assert (patient["n"], patient["positives"]) == (12, 6)
    assert (vertebra["n"], vertebra["positives"]) == (30, 6)
    assert 0.9 < patient["auc_hull"] <= 1
    assert patient["auc_nested"] <= patient["auc_hull"]
    assert set(patient["auc_hull_bootstrap"]) == set(vertebra["auc_bootstrap"]) == {"mean", "sd", "ci95"}
    # Six patients with a fracture are too few for an interval.
    assert vertebra["auc_bootstrap"]["ci95"] is patient["auc_hull_bootstrap"]["ci95"] is None
    assert vertebra["auc_bootstrap"]["mean"] == pytest.approx(vertebra["auc"], abs=3 * vertebra["auc_bootstrap"]["sd"])
    assert set(vertebra["by_grade"]) == {"0", "1", "2", "3"}
    assert set(vertebra["by_level"]) == {"T12", "L1", "L2"}
    for level in ("patient", "vertebra"):
        rules = {"youden", "target_sensitivity", "target_specificity"}
        assert set(summary["operating_points"][level]) == set(summary["operating_points_nested"][level]) == rules
    assert summary["settings"]["noise_thresholds"][0] == 1
    few = "with {} and {} with {}; they need 10 or more of each, because with fewer they would not hold."
    assert summary["notes"] == [
        "There are no patient-level intervals of AUCs and no p values: 6 patients "
        + few.format("a fracture", 6, "none"),
        "There are no vertebra-level intervals of AUCs and no p values: 6 patients "
        + few.format("fractured vertebrae", 12, "vertebrae without a fracture"),
        NO_NORMAL_MAPS.format(12, 12, "case00, case01, case02 and 9 more"),
    ]
    assert summary["vertebra"]["own_centres"] is None
    assert summary["left_out"] == [
        "6 vertebrae without a grade: case00 L2; case02 L2; case04 L2; case06 L2; case08 L2; case10 L2"
    ]
    assert summary["sources"] == {"rows": {"read": 36, "used": 30}, "maps": {"read": 12, "used": 12}}


def auc_of(rows: list[dict[str, str]], score: str) -> float:
    """The AUC of a column of a table of scores."""
    return float(roc_auc_score([int(row["fracture"]) for row in rows], [float(row[score]) for row in rows]))


def test_tables_reproduce_the_summary(evaluated: Evaluated) -> None:
    cohort, summary = evaluated
    patients = read_csv(cohort.output / "patient_scores.csv")
    for n, auc in summary["patient"]["auc_by_noise_threshold"].items():
        assert auc_of(patients, f"score_n{n}") == pytest.approx(auc)
    vertebrae = read_csv(cohort.output / "vertebra_scores.csv")
    draws = [auc_of(vertebrae, f"score_draw{draw}") for draw in range(3)]
    assert np.mean(draws) == pytest.approx(summary["vertebra"]["auc"])
    for row in vertebrae:
        assert np.mean([float(row[f"score_draw{d}"]) for d in range(3)]) == pytest.approx(float(row["score_mean"]))
    points = [row for row in read_csv(cohort.output / "patient_roc.csv") if row["curve"] == "hull"]
    area = np.trapezoid([float(p["sensitivity"]) for p in points], [float(p["false_positive_rate"]) for p in points])
    assert area == pytest.approx(summary["patient"]["auc_hull"])
    assert len(read_csv(cohort.output / "vertebra_roc.csv")) == 101


def test_each_patient_auc_is_labelled_and_follows_from_the_tables(
    evaluated: Evaluated, settings: EvaluationSettings
) -> None:
    cohort, summary = evaluated
    patient = summary["patient"]
    assert set(patient["auc_labels"]) == {"auc_hull", "auc_nested", "auc_fixed"} <= set(patient)
    assert patient["auc_fixed"] == patient["auc_by_noise_threshold"][str(settings.reference_noise_threshold)]
    fixed = patient["auc_fixed_bootstrap"]
    assert fixed["mean"] == pytest.approx(patient["auc_fixed"], abs=3 * fixed["sd"])
    path = [row for row in read_csv(cohort.output / "patient_roc.csv") if row["curve"] == "nested"]
    area = np.trapezoid([float(p["sensitivity"]) for p in path], [float(p["false_positive_rate"]) for p in path])
    assert area == pytest.approx(patient["auc_nested"])
    assert set(patient["nested_hulls"]) == {"0", "1", "2"}
    for corner in patient["nested_hulls"]["0"][1:]:
        assert corner["noise_threshold"] in settings.noise_thresholds
        assert 0 <= corner["probability_threshold"] <= 1


def test_nested_operating_points_follow_from_the_scores(evaluated: Evaluated) -> None:
    cohort, summary = evaluated
    rows = read_csv(cohort.output / "patient_scores.csv")
    for point in summary["operating_points_nested"]["patient"].values():
        positive = []
        for row in rows:
            chosen = point["by_fold"][row["fold"]]
            threshold = np.inf if chosen["probability_threshold"] is None else chosen["probability_threshold"]
            positive.append(float(row[f"score_n{chosen['noise_threshold']}"]) >= threshold)
        fracture = np.array([row["fracture"] == "1" for row in rows])
        assert point["sensitivity"]["count"] == np.array(positive)[fracture].sum()
        assert point["specificity"]["count"] == (~np.array(positive))[~fracture].sum()


def test_operating_point_follows_from_the_scores(evaluated: Evaluated) -> None:
    cohort, summary = evaluated
    rows = read_csv(cohort.output / "patient_scores.csv")
    for point in summary["operating_points"]["patient"].values():
        scores = np.array([float(row[f"score_n{point['noise_threshold']}"]) for row in rows])
        fracture = np.array([row["fracture"] == "1" for row in rows])
        positive = scores >= point["probability_threshold"]
        assert point["sensitivity"]["estimate"] == pytest.approx(positive[fracture].mean())
        assert point["specificity"]["estimate"] == pytest.approx((~positive[~fracture]).mean())


def test_report_is_one_file_that_loads_nothing(evaluated: Evaluated) -> None:
    cohort, summary = evaluated
    html = (cohort.output / "report.html").read_text(encoding="utf-8")
    parser = Sources()
    parser.feed(html)
    assert len(parser.found) == len(FIGURES) + 3 + len(read_csv(cohort.output / "errors.csv"))
    assert all(source.startswith("data:image/") for source in parser.found)
    assert "url(" not in html
    assert "default-src 'unsafe-inline' 'unsafe-eval' data: blob:" in html
    assert "Phantoms test software &lt;&amp; nothing else&gt;." in html
    assert f"{summary['patient']['auc_hull']:.3f}" in html
    assert "Research only" in html
    encoded = re.compile("[A-Za-z0-9+/=]{100,}")
    assert "None" not in encoded.sub("", html)


def test_same_input_gives_the_same_numbers_in_any_order(
    evaluated: Evaluated, tmp_path: Path, settings: EvaluationSettings
) -> None:
    cohort, summary = evaluated
    (tmp_path / "comparison.json").write_text("of an earlier evaluation")
    again = evaluate(cohort.maps[::-1], cohort.annotations, tmp_path, settings)
    assert not (tmp_path / "comparison.json").exists()
    for key in ("patient", "vertebra", "operating_points", "froc", "calibration", "errors"):
        assert again[key] == summary[key]
    # Without CTs there is no viewer.
    assert "niivue" in (cohort.output / "report.html").read_text(encoding="utf-8")
    assert "niivue" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("grade", "found"), [(0, "is free of fractures"), (2, "has a fracture")])
def test_one_outcome_only(make_cohort: MakeCohort, settings: EvaluationSettings, grade: int, found: str) -> None:
    cohort = make_cohort([{"L1": grade}, {"L1": grade}])
    (cohort.output / "figures").mkdir(parents=True)
    (cohort.output / "figures" / "patient_roc.png").write_text("of an earlier evaluation")
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    # Fractures can be found, or missed, without a patient who has none.
    absent = {*NEEDS_BOTH, *(() if grade else ("froc",))}
    assert files_in(cohort.output) == {file for file in FILES if Path(file).stem not in absent or file.endswith("csv")}
    assert summary["patient"]["auc_hull"] is None
    assert summary["patient"]["auc_hull_bootstrap"] == {"mean": None, "sd": None, "ci95": None}
    assert summary["patient"]["auc_nested"] is summary["patient"]["auc_fixed"] is None
    assert summary["vertebra"]["auc"] is None
    assert summary["operating_points"] == summary["operating_points_nested"] == {"patient": None, "vertebra": None}
    without_froc = [] if grade else ["There is no free-response curve: no vertebra is fractured."]
    assert summary["notes"][2:-1] == [*without_froc, NO_NORMAL_MAPS.format(2, 2, "case00, case01")]
    assert "It could not be checked that the centroids of vertebrae.csv lie at vertebrae" in summary["notes"][-1]
    html = (cohort.output / "report.html").read_text(encoding="utf-8")
    assert f"every patient {found} (n = 2)" in html
    assert len(read_csv(cohort.output / "patient_scores.csv")) == 2
    assert read_csv(cohort.output / "patient_roc.csv") == []


def test_patients_of_one_outcome_with_vertebrae_of_both(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"T12": 0, "L1": 2}, {"T12": 0, "L1": 1}])
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert summary["patient"]["auc_hull"] is None
    assert 0 <= summary["vertebra"]["auc"] <= 1
    assert len(summary["notes"]) == 5
    assert summary["notes"][3] == NO_NORMAL_MAPS.format(2, 2, "case00, case01")
    assert summary["notes"][2].startswith("There is no nested operating point at vertebra level: the patients outside")
    assert summary["notes"][1].startswith("There are no vertebra-level intervals of AUCs and no p values: 2 patients")
    assert "It could not be checked that the centroids" in summary["notes"][-1]


def test_single_fold_has_no_nested_auc_and_says_why(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 1}])
    maps = [replace(source, fold=0) for source in cohort.maps]
    summary = evaluate(maps, cohort.annotations, cohort.output, settings)
    assert summary["patient"]["auc_nested"] is None
    assert "no nested AUC" in summary["notes"][0]


def test_report_gives_the_spread_of_the_stress_test(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    stressed = replace(settings, localisation_error="lognormal")
    evaluate(cohort.maps, cohort.annotations, cohort.output, stressed)
    html = (cohort.output / "report.html").read_text(encoding="utf-8")
    assert "A random localisation error of 6.2 ± 16.2 mm in a random direction is added" in html


def test_comparison_and_chosen_cube_are_written(
    evaluated: Evaluated, tmp_path: Path, settings: EvaluationSettings
) -> None:
    cohort, summary = evaluated
    assert summary["vertebra"]["cube"] is summary["comparison"] is None
    chosen = replace(settings, cube_side="auto", cube_candidates=(10,))
    found = evaluate(cohort.maps, cohort.annotations, tmp_path, chosen, other=cohort.maps)
    auc = summary["vertebra"]["auc"]
    assert found["vertebra"]["cube"] == {"side_by_fold": {"0": 10, "1": 10, "2": 10}, "auc_by_side": {"10": auc}}
    written = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(found["comparison"]))
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    for shown in ("Comparison with another detector", "Side of the cube"):
        assert shown in html
    for twice in ("Operating points chosen on the other folds", "the decisions of all folds are pooled."):
        assert html.count(twice) == 2
    assert '<td data-value="">n/a</td>' in html
    aucs = {name: summary["patient"][f"auc_{name}"] for name in ("hull", "fixed")}
    for name, both in (("patient_hull", aucs["hull"]), ("patient_fixed", aucs["fixed"]), ("vertebra", auc)):
        assert written[name] == {"first": both, "second": both, "difference": 0, "ci95": None, "p": None}


@pytest.fixture(scope="module")
def evaluated_with_normal_maps(
    make_shared_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings
) -> Evaluated:
    """The maps of the first case miss L2, which is not graded, and those of the third one miss its fracture."""
    cohort = make_shared_cohort(mixed_grades)
    add_normal_maps(cohort, left_out=[("case00", "L2"), ("case02", "L1")])
    return cohort, evaluate(cohort.maps, cohort.annotations, cohort.output, settings, cohort.images)


def test_vertebrae_are_located_in_the_maps(evaluated_with_normal_maps: Evaluated) -> None:
    cohort, summary = evaluated_with_normal_maps
    pictures = {file for file in files_in(cohort.output) if file.startswith("figures/sagittal_case")}
    assert files_in(cohort.output) - pictures == FILES | OWN_CENTRES
    own = summary["vertebra"]["own_centres"]
    assert (own["annotated"], own["located"], own["missed"]) == (36, 34, 2)
    assert own["inserted"] == {"total": 0, "at_vertebra": 0}
    assert own["detection_rate"]["estimate"] == own["near_rate"]["estimate"] == pytest.approx(34 / 36)
    assert own["mean_error_mm"]["estimate"] < 1
    assert own["false_in_span"]["total"] == own["beyond_span"] == 0
    assert own["precision_per_scan"]["estimate"] == own["precision_in_span_per_scan"]["estimate"] == 1
    assert own["recall_per_scan"]["estimate"] == pytest.approx((10 + 2 * 2 / 3) / 12)
    assert own["scored_zero"] == {"fractured": 1, "others": 0}
    assert own["froc"]["fractures"] == 6
    *few, unnamed, note = summary["notes"]
    assert [text.partition(":")[0] for text in few] == [
        f"There are no {level}-level intervals of AUCs and no p values" for level in ("patient", "vertebra")
    ]
    assert unnamed.startswith("There is no share of right names: none of the 34 vertebrae found has a name")
    assert own["identification_rate"]["total"] == own["naming"]["named"]["total"] == 0
    assert own["naming"]["unnamed_cases"] == 12
    assert own["naming"]["lowest_level"]["given"]["identification_rate"]["estimate"] > 0
    assert "case02_fracture.nii.gz shows no vertebra at any of 1 fractures" in note
    rows = read_csv(cohort.output / "located_vertebrae.csv")
    outcomes = {(row["case_id"], row["vertebra"]): row["outcome"] for row in rows}
    assert {place: outcome for place, outcome in outcomes.items() if outcome != "found"} == {
        ("case00", "L2"): "missed",
        ("case02", "L1"): "missed",
    }
    graded = [row for row in rows if row["grade"]]
    fracture = [int(row["grade"]) > 0 for row in graded]
    assert roc_auc_score(fracture, [float(row["score"] or 0) for row in graded]) == pytest.approx(own["auc"])


def test_located_vertebrae_change_nothing_else(
    evaluated_with_normal_maps: Evaluated, tmp_path: Path, settings: EvaluationSettings
) -> None:
    cohort, summary = evaluated_with_normal_maps
    for source in cohort.maps:
        (tmp_path / source.path.name).symlink_to(source.path)
    alone = [replace(source, path=tmp_path / source.path.name) for source in cohort.maps]
    found = evaluate(alone, cohort.annotations, tmp_path / "out", settings, cohort.images)
    assert {**found["vertebra"], "own_centres": None} == {**summary["vertebra"], "own_centres": None}
    for name in ("patient", "froc", "calibration", "operating_points", "errors", "left_out", "sources"):
        assert found[name] == summary[name]


def test_the_report_shows_the_located_vertebrae(evaluated: Evaluated, evaluated_with_normal_maps: Evaluated) -> None:
    without, with_maps = (
        (cohort.output / "report.html").read_text(encoding="utf-8")
        for cohort, _ in (evaluated, evaluated_with_normal_maps)
    )
    own = evaluated_with_normal_maps[1]["vertebra"]["own_centres"]
    for shown in ('id="own-centres"', 'href="#own-centres"', "Located in the maps", "Precision per scan"):
        assert shown in with_maps
        assert shown not in without
    assert f"<td>{own['difference_from_annotated']['difference']:+.3f}</td>" in with_maps
    assert "34 of 36" in with_maps
    assert "Names of the located vertebrae" in with_maps
    assert "No found vertebra is named in 12 of 12 scans" in with_maps


@pytest.mark.parametrize("grade", [0, 2])
def test_located_vertebrae_of_one_outcome(make_cohort: MakeCohort, settings: EvaluationSettings, grade: int) -> None:
    cohort = make_cohort([{"L1": grade}, {"L1": grade}])
    add_normal_maps(cohort)
    own = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)["vertebra"]["own_centres"]
    assert own["detection_rate"]["estimate"] == 1
    assert own["auc"] is own["difference_from_annotated"] is None
    assert (own["froc"] is None) == (grade == 0)
    html = (cohort.output / "report.html").read_text(encoding="utf-8")
    assert 'id="own-centres"' in html
    assert "Vertebra-level AUC by the source of the centres" not in html


def test_results_of_an_earlier_evaluation_with_normal_maps_are_removed(
    make_cohort: MakeCohort, settings: EvaluationSettings
) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 1}, {"L1": 0}])
    add_normal_maps(cohort)
    evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert files_in(cohort.output) >= OWN_CENTRES
    cohort.maps[1].path.with_name("case01_normal.nii.gz").unlink()
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert files_in(cohort.output).isdisjoint(OWN_CENTRES)
    assert NO_NORMAL_MAPS.format(1, 4, "case01") in summary["notes"]


def test_normal_maps_that_do_not_belong_to_the_maps(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    """Another grid, and a truncated file."""
    cohort = make_cohort([{"L1": 2}, {"L1": 0}, {"L1": 1}])
    add_normal_maps(cohort)
    grid, damaged = (cohort.maps[0].path.with_name(f"case{number}_normal.nii.gz") for number in ("00", "02"))
    write_probability_map(grid, np.zeros((5, 6, 7), np.float32), np.eye(4))
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(InputError) as caught:
        evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    first, second = caught.value.problems
    assert first.startswith(f"{grid}: shape (5, 6, 7) and affine")
    assert "expected the map of the same prediction as case00_fracture.nii.gz" in first
    assert second.startswith(f"{damaged}: truncated or damaged")
    assert not cohort.output.exists()


def test_problems_of_both_detectors_are_reported_at_once(
    evaluated: Evaluated, tmp_path: Path, settings: EvaluationSettings
) -> None:
    cohort, _ = evaluated
    with pytest.raises(InputError) as caught:
        evaluate(cohort.maps[1:], cohort.annotations, tmp_path / "out", settings, other=cohort.maps[:-1])
    assert ["case00" in caught.value.problems[0], "case11" in caught.value.problems[1]] == [True, True]
    assert len(caught.value.problems) == 2


def test_bad_input_leaves_nothing(
    make_cohort: MakeCohort, mixed_grades: list[Grades], settings: EvaluationSettings
) -> None:
    cohort = make_cohort(mixed_grades)
    whole = cohort.maps[0].path.read_bytes()
    cohort.maps[0].path.write_bytes(whole[:-100])
    with pytest.raises(InputError, match="truncated"):
        evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    cohort.maps[0].path.write_bytes(whole)
    with pytest.raises(InputError, match="cannot be read"):
        evaluate(cohort.maps, cohort.annotations, cohort.output, settings, cohort.images / "elsewhere")
    with pytest.raises(InputError):
        evaluate([], cohort.annotations, cohort.output, settings)
    assert not cohort.output.exists()


def test_output_that_is_a_file(make_cohort: MakeCohort, settings: EvaluationSettings) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 0}])
    cohort.output.write_text("precious")
    with pytest.raises(InputError, match="expected a folder"):
        evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert cohort.output.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(("label", "dataset_json"), [(2, None), (3, '{"labels": {"background": 0, "fracture": 3}}')])
def test_label_images_say_what_counts_as_a_hit(
    make_cohort: MakeCohort, settings: EvaluationSettings, label: int, dataset_json: str | None
) -> None:
    cohort = make_cohort([{"L1": 2}, {"L1": 2}])
    # No centre of a finding is this close to a centroid.
    near = replace(settings, hit_radius=1e-6, finding_threshold=0.3)
    folder = cohort.images.parent / "labelsTr"
    folder.mkdir()
    if dataset_json is not None:
        (folder.parent / "dataset.json").write_text(dataset_json)
    for source in cohort.maps:
        image = nibabel.load(source.path)
        everywhere = nibabel.Nifti1Image(np.full(image.shape, label, dtype=np.uint8), image.affine)
        nibabel.save(everywhere, folder / f"{source.case_id}.nii.gz")
    inside = evaluate(cohort.maps, cohort.annotations, cohort.output, near, labels=folder)
    assert inside["froc"]["highest_sensitivity"] == 1
    with pytest.raises(InputError, match="cannot be read"):
        evaluate(cohort.maps, cohort.annotations, cohort.output, near, labels=folder / "elsewhere")


def test_grades_are_in_the_summary_the_table_and_the_report(
    make_cohort: MakeCohort, settings: EvaluationSettings
) -> None:
    cohort = make_cohort(GRADES)
    write_grade_maps(cohort, fracture_grade=2)
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert summary["vertebra"]["grading"]["kappa_quadratic"] == 1.0
    assert sum("sum up the grades from 2 on" in note for note in summary["notes"]) == 1
    assert "vertebra_grades.csv" in files_in(cohort.output)
    report = (cohort.output / "report.html").read_text(encoding="utf-8")
    assert "Vertebrae by read grade (rows) and predicted grade (columns)." in report
    assert "Loss of height, from masks" not in report
    for source in cohort.maps:
        for name in ("mild", "moderate", "severe"):
            source.path.with_name(f"{source.case_id}_{name}.nii.gz").unlink()
    summary = evaluate(cohort.maps, cohort.annotations, cohort.output, settings)
    assert "grading" not in summary["vertebra"]
    assert "vertebra_grades.csv" not in files_in(cohort.output)
    assert "How badly" not in (cohort.output / "report.html").read_text(encoding="utf-8")

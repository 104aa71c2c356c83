"""The paper's numbers stand beside those of the phantoms, and the page keeps what is around the tables."""

import json
from pathlib import Path

import pytest

from benchmarks.paper_experiment.experiment import Experiment, Options
from benchmarks.paper_experiment.page import BEGIN, END, write_page
from benchmarks.paper_experiment.tables import cohort_rows, experiment_tables, fold_rows, result_rows
from benchmarks.paper_experiment.training_log import TrainedFold
from dataset_conversion.phantom.cohort.paper import STATED
from dataset_conversion.spine.errors import InputError

BOOTSTRAP = {"mean": 0.9, "sd": 0.03, "ci95": [0.8, 0.95]}
RATE = {
    "sensitivity": {"estimate": 0.9, "count": 71, "total": 79},
    "specificity": {"estimate": 1, "count": 11, "total": 11},
}
SUMMARY = {
    "patient": {
        **{"n": 90, "positives": 79, "auc_hull": 0.91, "auc_hull_bootstrap": BOOTSTRAP},
        **{"auc_nested": 0.85, "auc_nested_ci95": [0.7, 0.93], "auc_fixed": None},
    },
    "vertebra": {"auc": 0.92, "auc_bootstrap": BOOTSTRAP, "by_grade": {"1": {"auc": 0.81}}},
    "operating_points": {"patient": {"youden": RATE}},
    "operating_points_nested": {"patient": None},
}
CEILING = {"patient_auc": 0.95, "vertebra_auc": 0.943, "vertebra_auc_mild": 0.88}


def test_results_beside_those_of_the_paper() -> None:
    header, *rows = result_rows(SUMMARY, CEILING)
    assert all(len(row) == len(header) for row in rows)
    found = {row[0]: list(row[1:]) for row in rows}
    assert header[2] == "here, 90 phantoms, 79 with a fracture"
    hull = found["patient AUC, hull (the paper's; optimistic)"]
    assert hull == ["0.95 ± 0.02", "0.910", "0.900 ± 0.030", "0.800 to 0.950", "0.950"]
    assert found["patient AUC, nested"] == ["-", "0.850", "-", "0.700 to 0.930", "-"]
    assert found["patient AUC, noise threshold fixed in advance"] == ["-"] * 5
    assert found["vertebra AUC"][0] == "0.93 ± 0.01"
    assert found["vertebra AUC, mild against normal"] == ["-", "0.810", "-", "-", "0.880"]
    chosen, nested = (row[1:3] for row in rows[-2:])
    assert list(chosen) == ["0.905, 0.938", "0.900, 1.000 (71 of 79, 11 of 11)"]
    assert list(nested) == ["-", "-"]


def test_before_anything_is_done_there_are_the_papers_numbers() -> None:
    assert all(row[2] == "-" for row in result_rows({}, {})[1:])


def test_rows_of_the_cohort_and_of_the_folds() -> None:
    counts = {name: {"found": 1, "paper": stated} for name, stated in STATED.items()}
    assert ["share of vertebrae from T11 to S2", "> 0.75", "1"] in cohort_rows(counts)
    header, row = fold_rows([TrainedFold(3, 21, True, 5, 0.71, 2.5e-4, 5400)])
    assert dict(zip(header, row, strict=True))["hours"] == "1.50"
    assert list(row[:4]) == ["3", "21", "yes", "5"]


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    options = Options(epochs=2, iterations=3, seed=2019, cohort_seed=1, normalisation="window", training={"dropout": 0})
    begun = Experiment(tmp_path / "experiment", options, 2, "cpu")
    plans = {"configurations": {"3d_fullres": {"batch_size": 24, "patch_size": [57, 57, 57]}}}
    begun.plans.parent.mkdir()
    begun.plans.write_text(json.dumps(plans), encoding="utf-8")
    figures = begun.evaluation / "figures"
    figures.mkdir(parents=True)
    (begun.evaluation / "patient_scores.csv").write_text(
        "patient_id,case_ids,fold,fracture,score_n125\na,a1,0,1,0.3\nb,b1 b2,0,1,0.9\nc,c1,0,0,0.5\n", encoding="utf-8"
    )
    for name in ("patient_roc", "sagittal_a1", "sagittal_b1"):
        (figures / f"{name}.png").write_bytes(name.encode())
    begun.state["commands"]["evaluate"] = ["evaluate", "-o", str(begun.evaluation)]
    begun.state["seconds"] = {"phantom": 1800.0, "evaluate": 900.0}
    return begun


def test_the_tables_name_no_folder_of_this_machine(experiment: Experiment) -> None:
    tables = experiment_tables(experiment)
    assert "vf_nnunet evaluate -o evaluation\n" in tables
    assert str(experiment.output) not in tables
    assert "| at most 2 epochs of 3 batches |" in tables
    assert "| 144 (DeepMedic: 700,000) |" in tables
    assert "| dropout 0 |" in tables
    assert "| all | 0.75 |" in tables


def test_the_page_keeps_what_is_around_the_tables(experiment: Experiment, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    for _ in range(2):
        write_page(experiment, "| new |\n", page)
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"before\n{BEGIN}\n\n| new |\n")
        assert text.endswith(f"{END}\nafter\n")
        assert "old" not in text
        assert text.count("](page/patient_roc.png)") == 1
    shown = {path.name: path.read_bytes().decode() for path in (tmp_path / "page").iterdir()}
    assert shown == {"patient_roc.png": "patient_roc", "missed.png": "sagittal_a1", "found.png": "sagittal_b1"}


def test_a_page_without_marks(experiment: Experiment, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError, match=r"page\.md: has no <!-- tables: begin -->"):
        write_page(experiment, "", page)

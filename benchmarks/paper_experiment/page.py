"""Put the tables between the marks of the page, and the figures beside it."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.paper_experiment.experiment import Experiment
from dataset_conversion.qc.fracture_chart import fracture_figure
from dataset_conversion.qc.style import FractureChartStyle
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_text
from dataset_conversion.spine.vertebra_table import TABLE_FILE, read_vertebra_table
from evaluation.report.patient_pictures import SAGITTAL_PREFIX
from evaluation.settings import SharedSettings
from vf_nnunet.selection.table import NAME as SELECTION

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
PICTURES = {
    "missed": "Figure 6. The fractured patient with the lowest score.",
    "found": "Figure 6. The fractured patient with the highest score.",
    "false_alarm": "Figure 7. The patient without a fracture with the highest score.",
}
"""Captions of the patients that are shown."""


def write_page(experiment: Experiment, tables: str, page: Path) -> None:
    """Replace what is between the marks of a page; figures go to the folder of the page's name.

    Args:
        experiment: The experiment.
        tables: Its tables.
        page: The page.

    Raises:
        InputError: If the page does not have the marks.
    """
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InputError(f"{page}: has no {BEGIN} before {END}; expected both, with the tables between them")
    folder = page.with_suffix("")
    folder.mkdir(exist_ok=True)
    figures = [
        f"![{caption}]({folder.name}/{name}.png)\n\n*{caption}*\n" for name, caption in _copy(experiment, folder)
    ]
    content = "\n".join([tables.rstrip("\n") + "\n", *(["### Figures\n", *figures] if figures else [])])
    write_text(page, f"{before}{begin}\n\n{content}\n{end}{after}")


def _copy(experiment: Experiment, folder: Path) -> Iterator[tuple[str, str]]:
    """Draw or copy each figure that there is; its name and caption."""
    table = experiment.cohort / TABLE_FILE
    if table.is_file():
        chart = fracture_figure(read_vertebra_table(table), FractureChartStyle())
        chart.savefig(folder / "fractures_by_level.png")
        yield "fractures_by_level", "Figure 1. Fractures of the cohort by level and grade."
    sources = {
        "model_selection": (experiment.selection / f"{SELECTION}.png", "Figure 3. Hard labels of the configurations."),
        "patient_roc": (_figure(experiment, "patient_roc"), "Figure 4. ROC curves of patients."),
        "vertebra_roc": (_figure(experiment, "vertebra_roc"), "Figure 5. ROC curve of vertebrae."),
        **{
            name: (_figure(experiment, f"{SAGITTAL_PREFIX}{case}"), PICTURES[name])
            for name, case in _shown_cases(experiment)
        },
    }
    for name, (source, caption) in sources.items():
        if source.is_file():
            shutil.copyfile(source, folder / f"{name}.png")
            yield name, caption


def _figure(experiment: Experiment, name: str) -> Path:
    return experiment.evaluation / "figures" / f"{name}.png"


def _shown_cases(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Which of `PICTURES` a case is, and its name; the first case of each patient."""
    path = experiment.evaluation / "patient_scores.csv"
    if not path.is_file():
        return
    score = f"score_n{SharedSettings().reference_noise_threshold}"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: float(row[score]))
    fractured = [row for row in rows if row["fracture"] == "1"]
    others = [row for row in rows if row["fracture"] == "0"]
    chosen = {"missed": fractured[:1], "found": fractured[-1:], "false_alarm": others[-1:]}
    for name, patients in chosen.items():
        for patient in patients:
            yield name, patient["case_ids"].split()[0]

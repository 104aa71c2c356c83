"""Pictures of the patients a reader of the report wants to see first, after Figures 6 and 7 of Nicolaes et al. 2019."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from evaluation.analysis.misclassifications import Outcome
from evaluation.cohort.assembly import Case
from evaluation.cohort.images import read_map
from evaluation.maps.nifti import NiftiFile
from evaluation.report.figure_style import STYLE
from evaluation.report.overlay import blend
from evaluation.report.sagittal import SagittalView, sagittal_view
from evaluation.settings import SharedSettings
from evaluation.statistics.scores import PatientScores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What the names of the files of these pictures begin with.
SAGITTAL_PREFIX = "sagittal_"

# Height in inches; the width follows the field of view.
HEIGHT = 4.8

# Shape and colour of each mark; Okabe and Ito's yellow stands out from both ends of the overlay.
MARKS = {
    Outcome.TRUE_POSITIVE: ("o", STYLE.third),
    Outcome.FALSE_POSITIVE: ("^", "#F0E442"),
    Outcome.FALSE_NEGATIVE: ("X", STYLE.mark),
}

# Outcome of each vertebra by case and level; empty where there is no operating point.
Outcomes = Mapping[tuple[str, str], Outcome]


@dataclass(frozen=True)
class Picture:
    """A picture and the line under it.

    Attributes:
        name: Of its files, without suffix.
        caption: Case, what is annotated and the patient's score.
        figure: The picture.
    """

    name: str
    caption: str
    figure: Figure


def choose_patients(patients: PatientScores, settings: SharedSettings) -> list[int]:
    """Positions of patients in the order to look at: in turn likely misses, likely false alarms, clear findings."""
    scores = patients.scores[:, settings.reference_column]
    ascending = np.argsort(scores, kind="stable")
    fractured = ascending[patients.fracture[ascending]].tolist()
    others = ascending[~patients.fracture[ascending]].tolist()
    in_turn = chain.from_iterable(zip_longest(fractured, others[::-1], fractured[::-1]))
    # A dictionary keeps the first of each and the order.
    return list(dict.fromkeys(patient for patient in in_turn if patient is not None))


def draw_pictures(
    cases: Sequence[tuple[Case, float]], images: Mapping[str, NiftiFile], outcomes: Outcomes
) -> list[Picture]:
    """Draw cases of which there is a CT.

    Args:
        cases: What to draw, each with its patient's score.
        images: The CT of each case.
        outcomes: What to mark.

    Raises:
        InputError: All CTs at once that cannot be read whole.
    """
    pictures: list[Picture] = []
    findings: list[str] = []
    for case, score in tqdm(cases, desc="pictures", unit="case", disable=None):
        case_id = case.source.case_id
        try:
            view = sagittal_view(images[case_id], read_map(case), case.vertebrae)
        except InputError as error:
            findings.extend(error.problems)
            continue
        fractures = ", ".join(f"{row.vertebra} grade {row.grade}" for row in case.vertebrae if row.grade)
        caption = f"{case_id}: annotated {fractures or 'no fracture'}; patient's score {score:.3f}"
        pictures.append(Picture(f"{SAGITTAL_PREFIX}{case_id}", caption, _render(view, outcomes)))
    if findings:
        raise InputError(findings)
    return pictures


def _render(view: SagittalView, outcomes: Outcomes) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    outlined: dict[str, Any] = {
        "fontsize": 8,
        "va": "center",
        "path_effects": [withStroke(linewidth=1.5, foreground="black")],
    }
    rows, columns = view.hounsfield.shape
    figure = Figure(figsize=(HEIGHT * columns / rows, HEIGHT), facecolor="black")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.imshow(blend(view.hounsfield, view.probability), interpolation="bilinear")
    for vertebra, (row, column) in zip(view.vertebrae, view.marks, strict=True):
        label = f"{vertebra.vertebra}  {vertebra.grade}" if vertebra.grade else vertebra.vertebra
        weight = "bold" if vertebra.grade else "normal"
        axes.text(3, row, label, color="white", fontweight=weight, **outlined)
        outcome = outcomes.get((vertebra.case_id, vertebra.vertebra), Outcome.TRUE_NEGATIVE)
        if outcome in MARKS:
            marker, colour = MARKS[outcome]
            axes.plot(column, row, marker=marker, color=colour, markersize=7, markeredgecolor="black")
            axes.text(columns - 4, row, outcome.value, ha="right", color=colour, fontweight="bold", **outlined)
        else:
            axes.plot(column, row, marker="+", color="white", markersize=5, markeredgewidth=0.8)
    return figure

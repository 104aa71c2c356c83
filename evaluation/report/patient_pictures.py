"""Sagittal pictures of selected patients, after Figures 6 and 7 of Nicolaes et al. 2019."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.errors import InputError
from evaluation.analysis.misclassifications import Outcome
from evaluation.cohort.cases import Case
from evaluation.cohort.images import read_map
from evaluation.maps.nifti import NiftiFile
from evaluation.report.figure_style import STYLE
from evaluation.report.overlay import blend
from evaluation.report.sagittal import SagittalView, sagittal_view
from evaluation.settings import SharedSettings
from evaluation.statistics.scores import PatientScores

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SAGITTAL_PREFIX = "sagittal_"
"""Prefix of the pictures' file names."""

HEIGHT = 4.8
"""Height in inches. The width follows from the field of view."""

MARKS = {
    Outcome.TRUE_POSITIVE: ("o", STYLE.third),
    Outcome.FALSE_POSITIVE: ("^", "#F0E442"),
    Outcome.FALSE_NEGATIVE: ("X", STYLE.mark),
}
"""Shape and colour of each mark. Okabe and Ito's yellow contrasts with both ends of the overlay's scale."""

Outcomes = Mapping[tuple[str, str], Outcome]
"""Outcome of each vertebra by case and level; empty without an operating point."""


@dataclass(frozen=True)
class Picture:
    """A picture with its caption.

    Attributes:
        name: Name of its files, without suffix.
        caption: Case, annotated fractures and score of the patient.
        figure: The picture.
    """

    name: str
    caption: str
    figure: Figure


def choose_patients(patients: PatientScores, settings: SharedSettings) -> list[int]:
    """Positions of patients in display order: in turn likely misses, likely false alarms and clear fractures."""
    scores = patients.scores[:, settings.reference_column]
    ascending = np.argsort(scores, kind="stable")
    fractured = ascending[patients.fracture[ascending]].tolist()
    others = ascending[~patients.fracture[ascending]].tolist()
    in_turn = chain.from_iterable(zip_longest(fractured, others[::-1], fractured[::-1]))
    # A dictionary keeps the first occurrence and the order.
    return list(dict.fromkeys(patient for patient in in_turn if patient is not None))


def draw_pictures(
    cases: Sequence[tuple[Case, float]], images: Mapping[str, NiftiFile], outcomes: Outcomes
) -> list[Picture]:
    """Draw cases that have a CT.

    Args:
        cases: Cases, each with its patient's score.
        images: CT of each case.
        outcomes: Outcomes of the vertebrae, which are marked.

    Raises:
        InputError: If CTs or maps cannot be read completely; all problems at once.
    """
    pictures: list[Picture] = []
    problems: list[str] = []
    for case, score in tqdm(cases, desc="pictures", unit="case", disable=None):
        case_id = case.source.case_id
        try:
            view = sagittal_view(images[case_id], read_map(case), case.vertebrae)
        except InputError as error:
            problems.extend(error.problems)
            continue
        fractures = ", ".join(f"{row.vertebra} grade {row.grade}" for row in case.vertebrae if row.grade)
        caption = f"{case_id}: annotated: {fractures or 'no fracture'}; patient score {score:.3f}"
        pictures.append(Picture(f"{SAGITTAL_PREFIX}{case_id}", caption, _render(view, outcomes)))
    if problems:
        raise InputError(problems)
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

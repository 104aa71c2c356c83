"""Pictures of the patients a reader of the report wants to see first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
from tqdm import tqdm

from evaluation.cohort import Case, Cohort
from evaluation.errors import EvaluationError
from evaluation.nifti import open_nifti
from evaluation.probability_map import read_probability_map
from evaluation.sagittal import SagittalView, sagittal_view
from evaluation.scores import PatientScores
from evaluation.settings import EvaluationSettings

IMAGE_SUFFIX = "_0000.nii.gz"


@dataclass(frozen=True)
class PictureStyle:
    """Look of a picture.

    Attributes:
        window: Lowest and highest Hounsfield unit shown, a bone window.
        opacity: Opacity of the overlay at probability 1; it falls to nothing at 0.
        overlay: Colour of the overlay, red, green, blue from 0 to 1: Okabe and Ito's vermilion.
        height: Height in inches.
        dots_per_inch: Resolution.
    """

    window: tuple[float, float] = (-300.0, 1200.0)
    opacity: float = 0.75
    overlay: tuple[float, float, float] = (0.835, 0.369, 0.0)
    height: float = 4.2
    dots_per_inch: int = 130


@dataclass(frozen=True)
class Picture:
    """A picture and the line under it.

    Attributes:
        caption: Case, what is annotated and the patient's score.
        png: The file's bytes.
    """

    caption: str
    png: bytes


def draw_pictures(cohort: Cohort, patients: PatientScores, images: Path, settings: EvaluationSettings) -> list[Picture]:
    """Draw the first case of the chosen patients.

    Args:
        cohort: The cases.
        patients: Their scores.
        images: Folder of `<case>_0000.nii.gz`, as nnU-Net's `imagesTr`.
        settings: `overlay_cases` and `reference_noise_threshold` are used.

    Raises:
        EvaluationError: All images at once that are missing or cannot be read.
    """
    cases = {case.source.case_id: case for case in cohort.cases}
    scores = patients.scores[:, settings.noise_thresholds.index(settings.reference_noise_threshold)]
    pictures: list[Picture] = []
    findings: list[str] = []
    for patient in tqdm(choose_patients(patients, settings), desc="pictures", unit="case", disable=None):
        try:
            pictures.append(_draw_picture(cases[patients.case_ids[patient][0]], float(scores[patient]), images))
        except EvaluationError as error:
            findings.extend(error.findings)
    if findings:
        raise EvaluationError(findings)
    return pictures


def choose_patients(patients: PatientScores, settings: EvaluationSettings) -> list[int]:
    """Positions of at most `overlay_cases` patients, in turn: likely misses, likely false alarms, clear findings."""
    scores = patients.scores[:, settings.noise_thresholds.index(settings.reference_noise_threshold)]
    ascending = np.argsort(scores, kind="stable")
    fractured = ascending[patients.fracture[ascending]].tolist()
    others = ascending[~patients.fracture[ascending]].tolist()
    in_turn = chain.from_iterable(zip_longest(fractured, others[::-1], fractured[::-1]))
    # A dictionary keeps the first of each and the order.
    return list(dict.fromkeys(patient for patient in in_turn if patient is not None))[: settings.overlay_cases]


def _draw_picture(case: Case, score: float, images: Path) -> Picture:
    view = sagittal_view(
        open_nifti(images / f"{case.source.case_id}{IMAGE_SUFFIX}"),
        read_probability_map(case.source.path),
        case.vertebrae,
    )
    fractures = ", ".join(_fractures(case)) or "no fracture"
    return Picture(f"{case.source.case_id}: annotated {fractures}; patient's score {score:.3f}", _render(view))


def _fractures(case: Case) -> Iterator[str]:
    return (f"{vertebra.vertebra} grade {vertebra.grade}" for vertebra in case.vertebrae if vertebra.grade)


def _render(view: SagittalView, style: PictureStyle = PictureStyle()) -> bytes:
    from matplotlib.figure import Figure

    rows, columns = view.hounsfield.shape
    figure = Figure(figsize=(style.height * columns / rows, style.height), dpi=style.dots_per_inch, facecolor="black")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    low, high = style.window
    axes.imshow(np.nan_to_num(view.hounsfield, nan=low), cmap="gray", vmin=low, vmax=high)
    overlay = np.empty((rows, columns, 4))
    overlay[..., :3] = style.overlay
    overlay[..., 3] = view.probability * style.opacity
    axes.imshow(overlay)
    for vertebra, (row, column) in zip(view.vertebrae, view.marks, strict=True):
        label = f"{vertebra.vertebra}  {vertebra.grade}" if vertebra.grade else vertebra.vertebra
        axes.plot(column, row, marker="+", color="white", markersize=5, markeredgewidth=0.8)
        weight = "bold" if vertebra.grade else "normal"
        axes.text(3, row, label, color="white", fontsize=7, fontweight=weight, verticalalignment="center")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=style.dots_per_inch, facecolor="black")
    return buffer.getvalue()

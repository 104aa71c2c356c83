"""Small sagittal pictures of misclassified vertebrae."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import chain, groupby, zip_longest

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.geometry import FloatArray
from evaluation.analysis.misclassifications import Misclassification, Outcome
from evaluation.cohort.cases import Case
from evaluation.cohort.images import read_map
from evaluation.maps.nifti import NiftiFile
from evaluation.report.overlay import ByteImage, blend
from evaluation.report.sagittal import SagittalView, sagittal_view

HALF_SIDE = 45
"""Half the side of a crop in mm, and so in samples of 1 mm: the vertebra and its neighbours."""

SCALE = 2
"""Pixels per sample."""

Crops = dict[tuple[str, str], bytes]
"""PNG files by case and level."""


def worst_misclassifications(misclassifications: Sequence[Misclassification], count: int) -> list[Misclassification]:
    """At most `count` vertebrae, missed fractures and false alarms in turn, in the order given."""
    missed = [one for one in misclassifications if one.outcome is Outcome.FALSE_NEGATIVE]
    false_alarms = [one for one in misclassifications if one.outcome is Outcome.FALSE_POSITIVE]
    in_turn = chain.from_iterable(zip_longest(missed, false_alarms))
    return [one for one in in_turn if one is not None][:count]


def draw_crops(
    misclassifications: Sequence[Misclassification], cases: Mapping[str, Case], images: Mapping[str, NiftiFile]
) -> Crops:
    """Draw the surroundings of misclassified vertebrae.

    Args:
        misclassifications: The vertebrae.
        cases: The cases of these vertebrae.
        images: CT of each case. Without one, the map alone is drawn.

    Raises:
        InputError: If a CT or map cannot be read completely.
    """
    crops: Crops = {}
    by_case = groupby(sorted(misclassifications, key=_case_id), key=_case_id)
    for case_id, of_case in tqdm([(name, list(group)) for name, group in by_case], desc="crops", disable=None):
        case = cases[case_id]
        view = sagittal_view(images.get(case_id), read_map(case), case.vertebrae)
        marks = {vertebra.vertebra: mark for vertebra, mark in zip(view.vertebrae, view.marks, strict=True)}
        for one in of_case:
            crops[case_id, one.vertebra] = _png(_crop(view, marks[one.vertebra]))
    return crops


def _case_id(misclassification: Misclassification) -> str:
    return misclassification.case_id


def _crop(view: SagittalView, mark: FloatArray) -> ByteImage:
    """The square around a mark. Beyond the view there is neither CT nor probability."""
    row, column = np.rint(mark).astype(int)
    square = (slice(row, row + 2 * HALF_SIDE), slice(column, column + 2 * HALF_SIDE))
    hounsfield = np.pad(view.hounsfield, HALF_SIDE, constant_values=np.nan)[square]
    return blend(hounsfield, np.pad(view.probability, HALF_SIDE)[square])


def _png(pixels: ByteImage) -> bytes:
    from PIL import Image, ImageDraw

    side = SCALE * 2 * HALF_SIDE
    image = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    middle, arm = side // 2, 4
    draw.line((middle - arm, middle, middle + arm, middle), fill="white")
    draw.line((middle, middle - arm, middle, middle + arm), fill="white")
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()

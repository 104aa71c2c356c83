"""A small sagittal picture around each error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import chain, groupby, zip_longest

import numpy as np
from tqdm import tqdm

from dataset_conversion.spine.geometry import FloatArray
from evaluation.analysis.misclassifications import Outcome, VertebraError
from evaluation.cohort.assembly import Case
from evaluation.cohort.images import read_map
from evaluation.maps.nifti import NiftiFile
from evaluation.report.overlay import ByteImage, blend
from evaluation.report.sagittal import SagittalView, sagittal_view

# Half the side of a crop in mm, which is in samples of 1 mm: the vertebra and its neighbours.
HALF_SIDE = 45
SCALE = 2

Crops = dict[tuple[str, str], bytes]


def worst_errors(errors: Sequence[VertebraError], count: int) -> list[VertebraError]:
    """At most `count` errors, misses and false alarms in turn, in the order of `list_errors`."""
    missed = [error for error in errors if error.outcome is Outcome.FALSE_NEGATIVE]
    false_alarms = [error for error in errors if error.outcome is Outcome.FALSE_POSITIVE]
    in_turn = chain.from_iterable(zip_longest(missed, false_alarms))
    return [error for error in in_turn if error is not None][:count]


def draw_crops(errors: Sequence[VertebraError], cases: Mapping[str, Case], images: Mapping[str, NiftiFile]) -> Crops:
    """PNG files by case and level.

    Args:
        errors: What to show.
        cases: Each case of an error.
        images: The CT of each case; without it the map alone is drawn.

    Raises:
        InputError: A CT or map that cannot be read whole.
    """
    crops: Crops = {}
    by_case = groupby(sorted(errors, key=lambda error: error.case_id), key=lambda error: error.case_id)
    for case_id, of_case in tqdm([(name, list(group)) for name, group in by_case], desc="crops", disable=None):
        case = cases[case_id]
        view = sagittal_view(images.get(case_id), read_map(case), case.vertebrae)
        marks = {vertebra.vertebra: mark for vertebra, mark in zip(view.vertebrae, view.marks, strict=True)}
        for error in of_case:
            crops[case_id, error.vertebra] = _png(_crop(view, marks[error.vertebra]))
    return crops


def _crop(view: SagittalView, mark: FloatArray) -> ByteImage:
    """The square around a mark; beyond the view there is neither CT nor probability."""
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

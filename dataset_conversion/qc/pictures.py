"""All pictures of a converted dataset, drawn from the files that the training will read."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dataset_conversion.dataset.files import FILE_ENDING, IMAGE_FOLDER, LABEL_FOLDER
from dataset_conversion.dataset.report import REPORT_FILE
from dataset_conversion.images.registry import read_image
from dataset_conversion.images.volume import Volume, read_volume
from dataset_conversion.parallel import run_parallel
from dataset_conversion.qc.case_picture import case_figure, summarise
from dataset_conversion.qc.contact_sheet import Entry, draw_contact_sheets
from dataset_conversion.qc.fracture_chart import fracture_figure
from dataset_conversion.qc.style import FractureChartStyle, PictureStyle, SheetStyle
from dataset_conversion.spine.files import atomic_folder
from dataset_conversion.spine.labels import LabelClasses
from dataset_conversion.spine.vertebra_table import TABLE_FILE, Vertebra, by_case, read_vertebra_table

PICTURE_FOLDER = "qc"
CHART_FILE = "fractures_by_level.png"


def draw_pictures(dataset: Path, processes: int = 1) -> Path:
    """Write `qc/` into a dataset's folder: `<case>.png`, `contact_sheet.png` and `fractures_by_level.png`.

    Args:
        dataset: A folder written by `convert`.
        processes: Number of cases to draw at once.

    Raises:
        InputError: If an image or label volume cannot be read.
    """
    vertebrae = read_vertebra_table(dataset / TABLE_FILE)
    report = json.loads((dataset / REPORT_FILE).read_text(encoding="utf-8"))
    cases = by_case(vertebrae)
    target = dataset / PICTURE_FOLDER
    with atomic_folder(target, [target] if target.exists() else []) as folder:
        made = report["settings"]
        classes = LabelClasses.standard(made.get("classes", "fracture"), made["fracture_grade"])
        draw = partial(_draw_case, dataset, folder, classes)
        run_parallel(draw, cases.values(), processes, "pictures")
        entries = [Entry(folder / f"{case_id}.png", f"{case_id}: {summarise(case)}") for case_id, case in cases.items()]
        draw_contact_sheets(folder, entries, SheetStyle())
        fracture_figure(vertebrae, FractureChartStyle()).savefig(folder / CHART_FILE)
    return target


def _draw_case(dataset: Path, folder: Path, classes: LabelClasses, case: Sequence[Vertebra]) -> None:
    case_id = case[0].case_id
    ct = read_volume(dataset / IMAGE_FOLDER / f"{case_id}_0000{FILE_ENDING}")
    # Not read_volume, which refuses constant voxels: labels may be all background.
    _, labels = read_image(dataset / LABEL_FOLDER / f"{case_id}{FILE_ENDING}")
    case_figure(ct, Volume(labels, ct.affine), case, classes, PictureStyle()).savefig(folder / f"{case_id}.png")

"""The CTs with their masks, and what was predicted for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.interface import Gradings
from dataset_conversion.readers.registry import read_grades
from dataset_conversion.spine.errors import InputError, read_all
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME, NORMAL_NAME
from evaluation.maps.probability_map import read_probability_map
from vf_nnunet.inference.probability_maps import map_paths
from vf_nnunet.screening.vertebrae.given_masks import check_masks
from vf_nnunet.screening.vertebrae.rule import VertebraRule
from vf_nnunet.transfer.known_vertebrae import KnownVertebrae, known_vertebrae
from vf_nnunet.transfer.measure import CaseMeasure, measure_case
from vf_nnunet.transfer.settings import TransferSettings


@dataclass(frozen=True)
class TransferCase:
    """A CT with its masks.

    Attributes:
        case: Case id.
        image: Header of the CT.
        masks: Its label map, or its folder of single vertebrae.
        numbering: Name of the masks' numbering, or None to recognise it.
        gradings: A reader's grades of all cases; None without them.
    """

    case: str
    image: ImageHeader
    masks: Path
    numbering: str | None
    gradings: Gradings | None

    def known(self) -> KnownVertebrae:
        """What the masks show.

        Raises:
            InputError: If they cannot be used.
        """
        return known_vertebrae(self.case, self.image, self.masks, self.numbering, self.gradings)


def find_transfer_cases(
    cts: Mapping[str, ImageSource], masks: Path, numbering: str | None = None, grades: Path | None = None
) -> list[TransferCase]:
    """Pair CTs with masks, and check that the masks can be used, before long work.

    Args:
        cts: The CTs by case id.
        masks: A label map, or a folder with one, or a folder of single vertebrae, for each case.
        numbering: Name of the masks' numbering, or None to recognise it.
        grades: Grades in a format that `convert` reads, or None.

    Raises:
        InputError: If a CT has no masks, or masks or grades cannot be used; all problems at once.
    """
    sources = check_masks(masks, cts)
    gradings = None if grades is None else read_grades(grades)
    missing = [case for case in cts if case not in sources]
    if missing:
        raise InputError([f"{masks}: no masks of case {case}; expected those of each case" for case in missing])

    def read(case: str) -> list[TransferCase]:
        one = TransferCase(case, read_image_header(cts[case]), sources[case], numbering, gradings)
        one.known()
        return [one]

    return read_all([(f"case {case}", case) for case in cts], read)


def measure_prediction(
    case: TransferCase, folder: Path, rule: VertebraRule, probability_threshold: float, settings: TransferSettings
) -> tuple[CaseMeasure, tuple[str, ...]]:
    """Compare what `predict` wrote for a CT with its masks.

    Args:
        case: The CT with its masks.
        folder: Folder of the predictions.
        rule: How vertebrae are scored at given centres.
        probability_threshold: Lowest probability of the voxels of a finding.
        settings: What counts as found and as marked.

    Returns:
        What was measured, and warnings about the masks and grades.

    Raises:
        InputError: If the masks or the maps cannot be used.
    """
    known = case.known()
    paths = map_paths(folder, case.case, (FRACTURE_NAME, NORMAL_NAME))
    maps = {name: read_probability_map(path) for name, path in paths.items()}
    return measure_case(maps, known, rule, probability_threshold, settings), known.warnings

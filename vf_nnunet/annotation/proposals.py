"""Proposed centres of vertebrae, which the reader accepts or moves: from an annotation, from masks or from a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.registry import read_case_annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.model.default_model import PHANTOM, model_path, open_default_model
from vf_nnunet.model.open_model import open_model

Point = tuple[float, float, float]
"""(x, y, z) in LPS mm."""


@dataclass(frozen=True)
class Proposal:
    """The centre of a vertebral body that nobody has confirmed.

    Attributes:
        point: Position in LPS mm.
        vertebra: Level, None where it is not known.
    """

    point: Point
    vertebra: str | None


@dataclass(frozen=True)
class ProposalSource:
    """Where proposals come from.

    Attributes:
        of_case: The proposals of a case; raises `InputError` if there are none to be had.
        caution: What a reader should know about all of them; empty for nothing.
        is_slow: Whether those of the next case are made while a case is read.
    """

    of_case: Callable[[str], list[Proposal]]
    caution: str = ""
    is_slow: bool = False


def open_proposals(source: str, cts: Mapping[str, ImageSource]) -> ProposalSource:
    """The proposals of a model, of masks, or of an annotation in any format that `convert` reads.

    Args:
        source: `PHANTOM`, a model's folder or `.vf` file; or a file or folder of centroids or masks.
        cts: Image file or DICOM folder by case id.

    Raises:
        InputError: If the source does not exist, is not recognised, or has nothing for any case.
    """
    path = model_path(source)
    is_model = path.suffix.lower() == ".vf" or (path / "plans.json").is_file()
    return model_proposals(source, cts) if is_model else annotated_proposals(path, cts)


def annotated_proposals(source: Path, cts: Mapping[str, ImageSource]) -> ProposalSource:
    """The centres of an annotation or of masks, without their grades: those are the reader's.

    Raises:
        InputError: As for `open_proposals`.
    """
    annotated = read_case_annotations(source, _headers(cts))
    if not annotated.cases & cts.keys():
        raise InputError(f"--propose {source}: nothing for any case; expected cases named after the CTs")

    def of_case(case_id: str) -> list[Proposal]:
        if case_id in annotated.problems:
            raise InputError(annotated.problems[case_id])
        found = annotated.by_case.get(case_id)
        if found is None:
            return []
        named = [Proposal(vertebra.centroid, vertebra.vertebra) for vertebra in found.vertebrae]
        return [*named, *(Proposal(point, None) for point in found.unnamed.get(case_id, ()))]

    return ProposalSource(of_case)


def model_proposals(source: str, cts: Mapping[str, ImageSource]) -> ProposalSource:
    """The vertebrae that a model locates and names, computed when a case is opened.

    Args:
        source: `PHANTOM`, a folder or a `.vf` file.
        cts: Image file or DICOM folder by case id.

    Raises:
        InputError: If the model cannot be read.
    """
    from vf_nnunet.inference.open_backend import open_backend
    from vf_nnunet.screening.case import ScreeningSettings, result_path, screen_case
    from vf_nnunet.screening.provenance import read_result

    opened = open_default_model(None) if source == PHANTOM else open_model(Path(source), None)
    backend = open_backend(opened.ensemble, None, None)

    def of_case(case_id: str) -> list[Proposal]:
        with TemporaryDirectory(prefix="vf_nnunet-") as folder:
            screen_case(case_id, cts[case_id], Path(folder), opened, backend, ScreeningSettings())
            result = read_result(result_path(Path(folder), case_id))
        return [Proposal(_point(found["centre_lps_mm"]), found["level"]) for found in result["vertebrae"]]

    return ProposalSource(of_case, opened.card.caution, is_slow=True)


def _point(values: list[float]) -> Point:
    x, y, z = values
    return x, y, z


def _headers(cts: Mapping[str, ImageSource]) -> dict[str, ImageHeader]:
    """The headers that can be read; the page says why another CT cannot."""
    headers = {}
    for case_id, path in cts.items():
        try:
            headers[case_id] = read_image_header(path)
        except InputError:
            continue
    return headers

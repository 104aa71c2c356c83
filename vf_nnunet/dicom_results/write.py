"""Write the DICOM objects of a case beside its result."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from dataset_conversion.images.dicom.files import ignored_violations
from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.files import atomic_folder
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import LabelledFindings, label_findings
from vf_nnunet.dicom_results.content import SHOWN, CaseContent
from vf_nnunet.dicom_results.key_slices import key_slices
from vf_nnunet.dicom_results.picture import picture
from vf_nnunet.dicom_results.report import report
from vf_nnunet.dicom_results.segmentation import segment_findings, segment_vertebrae
from vf_nnunet.dicom_results.source import read_source


def write_dicom_results(
    folder: Path, result: Mapping[str, Any], fracture: ProbabilityMap, files: Sequence[Path], drawn: Path
) -> tuple[str, ...]:
    """Write all objects of a case, or none if one of them cannot be made or written.

    Args:
        folder: Folder of the objects, which is replaced.
        result: Content of `<case>.json`.
        fracture: The map of fracture that the result was made from.
        files: The series that the result was made from, in the order of the slices.
        drawn: The picture, which must not show a name.

    Returns:
        What objects cannot take over from the series, one sentence each.

    Raises:
        InputError: If the source lacks what results refer to, the result or the map is another one, or the folder
            cannot be written.
    """
    _check(result, drawn)
    source = read_source(files)
    content = CaseContent(result, source, _findings(result, fracture))
    outdated = [folder] if folder.exists() else []
    try:
        with ignored_violations(), atomic_folder(folder, outdated) as temporary:
            for name, made in _objects(content, fracture, drawn):
                made.save_as(temporary / f"{name}.dcm", enforce_file_format=True)
    except MemoryError:
        raise
    except OSError as error:
        # pydicom puts a traceback into the text.
        reason = first_line(str(error))
        raise InputError(f"{folder}: cannot be written ({reason}); expected a folder with enough free space") from error
    except Exception as error:  # pydicom and highdicom raise many kinds on unusual headers
        raise InputError(
            f"{folder}: DICOM results cannot be made ({type(error).__name__}: {first_line(str(error))}); expected a "
            f"valid CT series in {files[0].parent}"
        ) from error
    return tuple(source.warnings)


def _check(result: Mapping[str, Any], drawn: Path) -> None:
    missing = sorted({*SHOWN, "warnings", "fingerprint"} - result.keys())
    if missing:
        raise InputError(
            f"case {result['case_id']}: its result lacks {', '.join(missing)}; expected one of this version: predict "
            "it again"
        )
    if not drawn.is_file():
        raise InputError(f"{drawn}: missing; expected the picture of the case")


def _findings(result: Mapping[str, Any], fracture: ProbabilityMap) -> LabelledFindings:
    point = result["operating_point"]
    found = label_findings(
        fracture, point["probability_threshold"], point["noise_threshold_voxels"], point["connectivity"]
    )
    if len(found.findings) != len(result["findings"]):
        raise InputError(
            f"case {result['case_id']}: {len(result['findings'])} findings in its result, {len(found.findings)} in its "
            "map; expected the same: predict it again"
        )
    return found


def _objects(content: CaseContent, fracture: ProbabilityMap, drawn: Path) -> Iterator[tuple[str, Dataset]]:
    """The objects by the names of their files."""
    findings, vertebrae = segment_findings(content, fracture.affine), segment_vertebrae(content)
    made = {
        "report": report(content, findings, vertebrae),
        "findings": findings,
        "vertebrae": vertebrae,
        "picture": picture(content, drawn),
        "key_slices": key_slices(content),
    }
    yield from ((name, one) for name, one in made.items() if one is not None)

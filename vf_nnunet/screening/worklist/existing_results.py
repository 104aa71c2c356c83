"""The files of cases that were done without them: from the result, its maps, and its CT if that is at hand."""

import sys
from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME
from vf_nnunet.screening.case import picture_path, result_path
from vf_nnunet.screening.existing_maps import MapFiles, read_existing_maps
from vf_nnunet.screening.map_case import image_of_maps
from vf_nnunet.screening.overlay import OverlayStyle
from vf_nnunet.screening.provenance import read_result
from vf_nnunet.screening.worklist.case_files import CaseFiles
from vf_nnunet.screening.worklist.thumbnail import thumbnail_of_picture
from vf_nnunet.screening.worklist.volumes import cut_volumes


def make_missing(
    output: Path, maps: Mapping[str, Path], cts: Mapping[str, ImageSource], anew: bool = False
) -> list[str]:
    """Make the files of the cases that have a result and lack them; the cases go to standard error.

    Args:
        output: Folder of the results.
        maps: The map of fracture, or nnU-Net's `.npz` file, by case id; one that is missing is passed over.
        cts: The CTs by case id, as far as they are at hand.
        anew: Also make those again whose CT is at hand.

    Returns:
        Problems with maps and CTs. The picture by `--overlay` then gives the thumbnail, if there is one.
    """
    problems: list[str] = []
    for case in maps:
        files = CaseFiles(output, case)
        is_whole = files.volumes.is_file() and files.thumbnail.is_file()
        if not result_path(output, case).is_file() or (is_whole and not (anew and case in cts)):
            continue
        sys.stderr.write(f"{case}: volumes for the worklist\n")
        try:
            _make(output, case, maps[case], cts.get(case))
        except InputError as error:
            problems += error.problems
    return problems


def thumbnails_of_pictures(output: Path, cases: list[str]) -> None:
    """Take the thumbnails that are missing from the pictures of `--overlay`, as far as there are any.

    Args:
        output: Folder of the results.
        cases: Their case ids.
    """
    slices = len(OverlayStyle().offsets)
    for case in cases:
        files, picture = CaseFiles(output, case), picture_path(output, case)
        if picture.is_file() and not files.thumbnail.is_file():
            files.write_thumbnail(thumbnail_of_picture(picture, slices))


def _make(output: Path, case: str, path: Path, ct: ImageSource | None) -> None:
    result = read_result(result_path(output, case))
    fracture = read_existing_maps(MapFiles(case, path))[FRACTURE_NAME]
    image, _ = image_of_maps(ct, path, fracture)
    centres = [vertebra["centre_lps_mm"] for vertebra in result.get("vertebrae", ())]
    findings = [finding["centre_lps_mm"] for finding in result["findings"]]
    CaseFiles(output, case).write(cut_volumes(image, fracture, centres, findings), centres)

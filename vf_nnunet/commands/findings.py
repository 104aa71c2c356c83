"""Report findings and vertebrae from probability maps that exist, such as those of nnUNetv2_predict."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.dicom_result_options import add_dicom, dicom_addition
from vf_nnunet.commands.options import add_output, output_problems
from vf_nnunet.commands.vertebra_options import (
    add_operating_point,
    add_results,
    add_vertebrae,
    cases_to_do,
    patient_point,
    vertebra_option_problems,
    vertebra_options,
)
from vf_nnunet.commands.worklist_options import add_no_worklist, page_of_batch, worklist_problems

if TYPE_CHECKING:
    from dataset_conversion.images.studies.selection import DicomSelection
    from vf_nnunet.screening.map_case import MapSettings

EXAMPLE = "vf_nnunet findings -i nnunet_output -o findings --images cts --evaluation evaluation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "-i",
        dest="input",
        type=Path,
        required=True,
        metavar="MAPS",
        help="folder with <case>_fracture.nii.gz and <case>_normal.nii.gz, or with the <case>.npz and <case>.nii.gz of "
        "nnUNetv2_predict --save_probabilities; or one of these files",
    )
    add_output(parser, "folder for <case>.json, vertebrae.csv and index.html")
    parser.add_argument(
        "--images",
        type=Path,
        default=None,
        metavar="PATH",
        help="the CTs, named as the maps: without them nothing is known of metal, slice thickness and bone density",
    )
    add_dicom_selection(parser)
    parser.add_argument(
        "-m",
        dest="model",
        type=Path,
        default=None,
        metavar="FILE",
        help=".vf file of the model that made the maps, for its operating points and calibration",
    )
    add_results(parser, "; needs --images")
    add_dicom(parser, "; needs --images")
    add_no_worklist(parser)
    add_vertebrae(parser)
    add_operating_point(parser)


def run(arguments: argparse.Namespace) -> None:
    """Report each case; those that fail are recorded, and reported at the end."""
    from vf_nnunet.screening.batch import run_cases, with_lacking
    from vf_nnunet.screening.existing_maps import find_existing_maps
    from vf_nnunet.screening.map_case import ReportProcedure, report_map_case

    _check(arguments)
    found = find_existing_maps(arguments.input)
    cts = None if arguments.images is None else _find_images(arguments.images, found, dicom_selection(arguments))
    dicom = dicom_addition(arguments, found, cts or {})
    settings = _settings(arguments, found, cts)
    left = cases_to_do(arguments, found, ReportProcedure(found, cts, arguments.output, settings))
    cases = with_lacking(found, left, dicom)
    arguments.output.mkdir(parents=True, exist_ok=True)

    def report(case: str, path: Path) -> tuple[str, ...]:
        if cts is not None and case not in cts:
            raise InputError(f"{arguments.images}: no CT of case {case}; expected one of each case, or no --images")
        ct = (cts or {}).get(case)
        warnings = report_map_case(case, path, ct, arguments.output, settings) if case in left else ()
        return warnings if ct is None else (*warnings, *dicom(case, ct))

    model = arguments.model or _folder(arguments.input)
    with page_of_batch(arguments, found, cts or {}, cases, model) as finished:
        failures, masks = run_cases(cases, arguments.output, report, finished)
    problems = [*(reason for reasons in failures.values() for reason in reasons), *(mask.reason for mask in masks)]
    if problems:
        raise InputError(problems)
    sys.stdout.write(f"{arguments.output}: {len(cases)} cases\n")


def _check(arguments: argparse.Namespace) -> None:
    problems = [*vertebra_option_problems(arguments), *output_problems(arguments.output), *worklist_problems(arguments)]
    if arguments.output.resolve() == _folder(arguments.input).resolve():
        problems.append(
            f"-o {arguments.output}: the folder of the maps, whose results would be replaced; expected another folder"
        )
    if arguments.overlay and arguments.images is None:
        problems.append("--overlay: a picture shows the CT; expected --images too")
    if arguments.dicom and arguments.images is None:
        problems.append("--dicom: DICOM objects refer to the CT; expected --images too")
    if arguments.model is not None and arguments.evaluation is not None:
        problems.append(f"-m {arguments.model}: given with --evaluation {arguments.evaluation}; expected one of them")
    if problems:
        raise InputError(problems)


def _folder(maps: Path) -> Path:
    return maps if maps.is_dir() else maps.parent


def _find_images(images: Path, maps: Mapping[str, Path], selection: "DicomSelection") -> dict[str, ImageSource]:
    """The CTs of the maps by case id; what else lies beside them is said.

    Raises:
        InputError: If there is no CT, or none of the maps.
    """
    from vf_nnunet.screening.passed_over import show_passed_over
    from vf_nnunet.screening.sources import find_cases

    found = find_cases(images, selection)
    show_passed_over(images, found.passed_over)
    cts = {case: ct for case, ct in found.paths.items() if case in maps}
    if not cts:
        raise InputError(
            f"{images}: CTs {shortened_list(list(found.paths))} but maps {shortened_list(list(maps))}; expected CTs "
            "named as the maps"
        )
    return cts


def _settings(
    arguments: argparse.Namespace, maps: Mapping[str, Path], cts: Mapping[str, ImageSource] | None
) -> "MapSettings":
    """The operating points and options; given centres are placed by the headers of the CTs or of the maps."""
    from vf_nnunet.model.model_file import read_model_file
    from vf_nnunet.screening.existing_maps import MapFiles
    from vf_nnunet.screening.map_case import MapSettings
    from vf_nnunet.screening.operating_point import patient_points, read_summary
    from vf_nnunet.screening.vertebrae.evaluated import evaluated_vertebrae
    from vf_nnunet.screening.vertebrae.given import check_needs_ct, check_source

    points = evaluated = None
    if arguments.evaluation is not None:
        summary = read_summary(arguments.evaluation)
        points, evaluated = patient_points(summary), evaluated_vertebrae(arguments.evaluation, summary)
    elif arguments.model is not None:
        card = read_model_file(arguments.model).card
        points, evaluated = card.operating_points, card.vertebra_level
    files = [MapFiles(case, path) for case, path in maps.items()]
    headers = {one.case: one.grid_file for one in files} if cts is None else cts
    vertebrae = check_source(vertebra_options(arguments, evaluated), headers)
    if cts is None and not all(one.is_nnunet for one in files):
        check_needs_ct(vertebrae)
    overlay = arguments.overlay or arguments.dicom
    return MapSettings(patient_point(arguments, points), vertebrae, overlay, arguments.worklist)

"""Make the page of a batch anew: index.html, with all cases by falling score and a viewer."""

import argparse
import sys
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.options import output_problems
from vf_nnunet.commands.worklist_options import keep_card

EXAMPLE = "vf_nnunet worklist predictions --images cts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("output", type=Path, metavar="DIR", help="output folder of predict, findings or gather")
    parser.add_argument(
        "--images",
        type=Path,
        default=None,
        metavar="PATH",
        help="the CTs, for the viewer (default: what it shows already is kept; otherwise the map without the CT)",
    )
    add_dicom_selection(parser)
    parser.add_argument(
        "--maps", type=Path, default=None, metavar="PATH", help="the probability maps (default: those in DIR)"
    )
    parser.add_argument(
        "-m", dest="model", type=Path, default=None, metavar="FILE", help=".vf file of the model, for its card"
    )
    parser.add_argument(
        "--cases",
        type=int,
        default=None,
        metavar="N",
        help="most cases of a gathered batch on the page, those with the highest scores (default: 1000)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Make what is missing and write the page; problems with maps and CTs are reported at the end."""
    from vf_nnunet.screening.worklist.page import page_problems
    from vf_nnunet.sharding.layout import is_batch

    output: Path = arguments.output
    problems = [*output_problems(output), *page_problems(output)]
    if arguments.cases is not None and (arguments.cases < 1 or not is_batch(output)):
        problems.append(f"--cases {arguments.cases}: expected 1 or more, and a batch of vf_nnunet gather")
    if problems:
        raise InputError(problems)
    if is_batch(output):
        _gathered(arguments)
    else:
        _of_folder(arguments)


def _of_folder(arguments: argparse.Namespace) -> None:
    """The page of a folder of results."""
    from vf_nnunet.screening.existing_maps import find_existing_maps
    from vf_nnunet.screening.failures import recorded_failures
    from vf_nnunet.screening.sources import find_cases
    from vf_nnunet.screening.worklist.existing_results import make_missing, thumbnails_of_pictures
    from vf_nnunet.screening.worklist.growing_page import GrowingPage, results_in
    from vf_nnunet.screening.worklist.page import PAGE

    output: Path = arguments.output
    cases = results_in(output)
    if not cases and not recorded_failures(output):
        raise InputError(f"{output}: no results; expected the output folder of vf_nnunet predict or findings")
    cts = {} if arguments.images is None else find_cases(arguments.images, dicom_selection(arguments)).paths
    maps = _maps(output) if arguments.maps is None else find_existing_maps(arguments.maps)
    keep_card(output, arguments.model)
    problems = make_missing(output, {case: maps[case] for case in cases if case in maps}, cts, anew=True)
    thumbnails_of_pictures(output, cases)
    with GrowingPage(output) as page:
        problems += page.problems
    sys.stdout.write(f"{output / PAGE}: {len(cases)} cases\n")
    if problems:
        raise InputError(problems)


def _gathered(arguments: argparse.Namespace) -> None:
    """The page of a batch in shards, whose processes left the files of its cases."""
    from vf_nnunet.screening.worklist.page import PAGE
    from vf_nnunet.sharding.page import MOST_CASES, write_gathered_page

    output: Path = arguments.output
    keep_card(output, arguments.model)
    counts = write_gathered_page(output, arguments.cases or MOST_CASES)
    sys.stdout.write(f"{output / PAGE}: {counts.shown} of {counts.done} cases, {counts.failed} failures\n")


def _maps(output: Path) -> dict[str, Path]:
    """The maps of `predict` in the folder; that of `findings` has none."""
    from vf_nnunet.screening.existing_maps import find_existing_maps

    try:
        return find_existing_maps(output)
    except InputError:
        return {}

"""Write a synthetic cohort of CTs with vertebrae.csv, in the same form as a hospital's data."""

import argparse

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_output, add_processes

EXAMPLE = "vf_nnunet phantom -o phantoms --cohort paper --seed 1"

DEFAULT_CASES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_output(parser, "folder for images/, masks/, vertebrae.csv and cohort.json")
    parser.add_argument(
        "--cases",
        type=int,
        metavar="N",
        help=f"number of CTs, one per patient; run again with a larger number to add more (default: {DEFAULT_CASES})",
    )
    parser.add_argument(
        "--cohort",
        choices=("paper", "varied"),
        help="paper: as many patients, vertebrae and fractures as in Nicolaes et al. 2019, section 2 (90 CTs); varied: "
        "fields of view, scanners, contrast phases, builds and bones that vary widely, for networks that are to work "
        "on real CTs",
    )
    parser.add_argument(
        "--field-of-view",
        choices=("body", "spine"),
        help="body: whole body sections; spine: small crops around five or six vertebrae (default: body)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="the same seed gives the same cohort (default: 1)"
    )
    add_processes(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the cohort, or the part of it that is missing."""
    from dataset_conversion.phantom import FIELDS_OF_VIEW, VARIED, write_cohort
    from dataset_conversion.phantom.cohort.paper import PAPER

    _check(arguments)
    cases: int = DEFAULT_CASES if arguments.cases is None else arguments.cases
    settings = FIELDS_OF_VIEW[arguments.field_of_view or "body"]
    if arguments.cohort == "paper":
        cases = PAPER.cases
    elif arguments.cohort == "varied":
        settings = VARIED
    write_cohort(arguments.output, cases, arguments.seed, settings, processes=arguments.processes)


def _check(arguments: argparse.Namespace) -> None:
    """Check that no option contradicts the cohort.

    Raises:
        InputError: If a number of cases is given for the paper's cohort, or small crops for either cohort.
    """
    cohort, problems = arguments.cohort, []
    if cohort == "paper" and arguments.cases is not None:
        problems.append(f"--cohort paper: --cases is {arguments.cases}; expected no --cases, as this cohort has 90")
    if cohort == "paper" and arguments.field_of_view == "spine":
        problems.append("--cohort paper: --field-of-view is spine; expected body")
    if cohort == "varied" and arguments.field_of_view is not None:
        problems.append(
            f"--cohort varied: --field-of-view is {arguments.field_of_view}; expected none, as each case draws its own"
        )
    if problems:
        raise InputError(problems)

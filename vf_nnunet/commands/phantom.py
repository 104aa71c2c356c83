"""Write a synthetic cohort of CTs with vertebrae.csv, in the same form as a hospital's data."""

import argparse

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_output, add_processes

EXAMPLE = "vf_nnunet phantom -o phantoms --cohort paper --seed 1"

DEFAULT_CASES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_output(parser, "folder for images/, masks/, vertebrae.csv and cohort.json")
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--cases",
        type=int,
        default=DEFAULT_CASES,
        metavar="N",
        help=f"number of CTs, one per patient; run again with a larger number to add more (default: {DEFAULT_CASES})",
    )
    size.add_argument(
        "--cohort",
        choices=("paper",),
        help="paper: as many patients, vertebrae and fractures as in Nicolaes et al. 2019, section 2 (90 CTs)",
    )
    parser.add_argument(
        "--field-of-view",
        choices=("body", "spine"),
        default="body",
        help="body: whole body sections; spine: small crops around five or six vertebrae (default: body)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="the same seed gives the same cohort (default: 1)"
    )
    add_processes(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the cohort, or the part of it that is missing."""
    from dataset_conversion.phantom import FIELDS_OF_VIEW, write_cohort
    from dataset_conversion.phantom.cohort.paper import PAPER

    settings = FIELDS_OF_VIEW[arguments.field_of_view]
    cases: int = arguments.cases
    if arguments.cohort == "paper":
        if settings.composition != PAPER:
            raise InputError(f"--cohort paper: --field-of-view is {arguments.field_of_view}; expected body")
        cases = PAPER.cases
    write_cohort(arguments.output, cases, arguments.seed, settings, processes=arguments.processes)

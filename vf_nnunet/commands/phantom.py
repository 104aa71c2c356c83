"""write a synthetic cohort: CT volumes and vertebrae.csv, the same form a hospital's data has"""

import argparse

from vf_nnunet.commands.options import add_output, add_processes

EXAMPLE = "vf_nnunet phantom -o phantoms --cases 20 --seed 1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_output(parser, "folder for images/ and vertebrae.csv")
    parser.add_argument("--cases", type=int, default=20, metavar="N", help="number of CTs, one a patient (default: 20)")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="the same seed gives the same cohort (default: 1)"
    )
    add_processes(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the cohort, or what is missing of it."""
    from dataset_conversion.phantom.cohort import write_cohort

    write_cohort(arguments.output, arguments.cases, arguments.seed, processes=arguments.processes)

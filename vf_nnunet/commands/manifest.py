"""Make the manifest of a folder of CTs, one row each, for large batches."""

import argparse
import sys
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import output_problems
from vf_nnunet.commands.shard_options import MANIFEST_ENDINGS

EXAMPLE = "vf_nnunet manifest -i archive -o cts.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("-i", dest="input", type=Path, required=True, metavar="DIR", help="folder with the CTs")
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="FILE",
        help="manifest to write, .csv or .parquet: case, path, size, mtime; an interrupted search continues",
    )


def run(arguments: argparse.Namespace) -> None:
    """Search the folder and write the manifest."""
    from vf_nnunet.sharding.tree_scan import make_manifest

    output: Path = arguments.output
    problems = output_problems(output.absolute().parent)
    if output.suffix.lower() not in MANIFEST_ENDINGS:
        problems.append(f"-o {output}: expected a name that ends in {' or '.join(MANIFEST_ENDINGS)}")
    if problems:
        raise InputError(problems)
    cases = make_manifest(arguments.input, output)
    sys.stdout.write(f"{output}: {len(cases)} CTs\n")

"""Place centroids and Genant grades of CTs in the browser, for convert; saved after each action."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.dicom_options import add_dicom_selection, dicom_selection
from vf_nnunet.commands.options import output_problems

if TYPE_CHECKING:
    from vf_nnunet.annotation.address import Address
    from vf_nnunet.annotation.consensus import Consensus

EXAMPLE = "vf_nnunet annotate --images cts/ -o vertebrae.csv --reader anna"
PORTS = range(1, 65536)
PHANTOM = "phantom"
"""As `vf_nnunet.model.default_model` has it, whose imports would slow down --help."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "--images",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder of CTs, searched recursively as by convert: NIfTI, NRRD, MHA, DICOM (also zipped)",
    )
    add_dicom_selection(parser)
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="CSV",
        help="vertebra table to write; if it exists, the annotation goes on",
    )
    parser.add_argument(
        "--reader", default=None, metavar="NAME", help="who reads, for the column reader (default: the user's name)"
    )
    parser.add_argument(
        "--propose",
        nargs="?",
        const=PHANTOM,
        default=None,
        metavar="SOURCE",
        help=f"proposals to accept or move: {PHANTOM}, the model that comes with the package (also without a value); a "
        "model (folder or .vf file), masks of vertebrae, or an annotation in any format that convert reads",
    )
    parser.add_argument(
        "--consensus",
        type=Path,
        nargs=2,
        default=None,
        metavar="CSV",
        help="tables of two readers: what they agree on is taken over, and the page walks through the rest",
    )
    parser.add_argument("--port", type=int, default=None, metavar="N", help="port of the page (default: a free one)")
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address of the page, as for an ssh tunnel"
    )


def run(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl+C."""
    from dataset_conversion.images.pairing import find_images
    from vf_nnunet.annotation.address import address_file
    from vf_nnunet.annotation.desk import Desk
    from vf_nnunet.annotation.proposals import open_proposals
    from vf_nnunet.annotation.serve import bind, serve
    from vf_nnunet.annotation.session import AnnotationSession
    from vf_nnunet.annotation.settings import AnnotationSettings

    _check(arguments)
    images, passed_over = find_images(arguments.images, dicom_selection(arguments))
    sys.stderr.write("".join(f"warning: {line}\n" for line in passed_over))
    propose = None if arguments.propose is None else open_proposals(arguments.propose, images)
    if propose is not None and propose.caution:
        sys.stderr.write(f"warning: {propose.caution}\n")
    consensus = None if arguments.consensus is None else _consensus(arguments.consensus)
    with address_file(arguments.output) as file:
        session = AnnotationSession(arguments.output, _reader(arguments), images)
        if consensus is not None:
            session.begin(consensus.marks)
        listening, address = bind(arguments.port, file.earlier)
        file.write(address)
        remarks = None if consensus is None else consensus.remarks
        desk = Desk(session, images, address.token, AnnotationSettings(), propose, remarks)
        try:
            serve(desk, listening, lambda: _announce(address, arguments))
        except KeyboardInterrupt:
            sys.stdout.write(f"\n{arguments.output}: saved; run the command again to go on\n")


def _consensus(tables: list[Path]) -> "Consensus":
    from evaluation.agreement.pairs import PairSettings
    from vf_nnunet.annotation.consensus import begin_consensus

    first, second = tables
    return begin_consensus(first, second, PairSettings())


def _check(arguments: argparse.Namespace) -> None:
    """Raise all problems with the arguments."""
    problems = _table_problems(arguments.output)
    if arguments.port is not None and arguments.port not in PORTS:
        problems.append(f"--port {arguments.port}: expected {PORTS.start} to {PORTS.stop - 1}")
    if arguments.reader is not None and not arguments.reader.strip():
        problems.append("--reader is empty; expected a name")
    if arguments.output.resolve() in [path.resolve() for path in arguments.consensus or ()]:
        problems.append(f"-o {arguments.output}: the table of a reader; expected a table of its own for the consensus")
    if problems:
        raise InputError(problems)


def _table_problems(table: Path) -> list[str]:
    """Why a table cannot be written; at most one reason."""
    folder = table.absolute().parent
    if table.is_dir():
        return [f"-o {table}: a folder; expected the name of a table, such as vertebrae.csv"]
    if table.suffix.lower() != ".csv":
        return [f"-o {table}: expected a name ending in .csv, which convert recognises"]
    if not folder.is_dir():
        return [f"-o {table}: no such folder {table.parent}; expected an existing one"]
    return output_problems(folder)


def _reader(arguments: argparse.Namespace) -> str:
    """The name that was given, or that of the user; a consensus is nobody's alone."""
    if arguments.reader is not None:
        return str(arguments.reader).strip()
    if arguments.consensus is not None:
        return "consensus"
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user's name
        return "reader"


def _announce(address: "Address", arguments: argparse.Namespace) -> None:
    import webbrowser

    sys.stdout.write(f"{address.url}\nCtrl+C ends it; everything is in {arguments.output} after each action\n")
    sys.stdout.flush()
    if not arguments.no_browser and not webbrowser.open(address.url):
        sys.stdout.write("no browser was found: open this address\n")
        sys.stdout.flush()

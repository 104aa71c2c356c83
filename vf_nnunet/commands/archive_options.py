"""What the commands that speak with an archive share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.address import ArchiveAddress, parse_archive_address, uid_problems

if TYPE_CHECKING:
    from vf_nnunet.archive.settings import ConnectionSettings


def add_attempts(parser: "argparse._ActionsContainer") -> None:
    """Add --attempts, how often an archive is asked."""
    parser.add_argument(
        "--attempts",
        type=int,
        default=5,
        metavar="N",
        help="how often a request is made if the archive does not answer, after 1, 2, 4, ... s (default: 5)",
    )


def connection(arguments: argparse.Namespace) -> "ConnectionSettings":
    """The options as settings.

    Raises:
        InputError: If they are out of their limits.
    """
    from vf_nnunet.archive.settings import ConnectionSettings

    return ConnectionSettings(attempts=arguments.attempts)


def ct_source(text: str) -> Path | ArchiveAddress:
    """The text of -i: a path, or `dicomweb:URL`.

    Raises:
        argparse.ArgumentTypeError: If the URL is not one of a service.
    """
    try:
        return parse_archive_address(text) or Path(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_study(parser: argparse.ArgumentParser) -> None:
    """Add the options for CTs from an archive."""
    group = parser.add_argument_group("studies from an archive (-i dicomweb:URL)")
    group.add_argument(
        "--study",
        dest="studies",
        nargs="+",
        default=[],
        metavar="UID",
        help="StudyInstanceUID of each study whose CT is predicted; it is kept in received/ in the output folder",
    )
    add_attempts(group)


def study_problems(arguments: argparse.Namespace) -> list[str]:
    """What is wrong with the options for CTs from an archive."""
    if not isinstance(arguments.input, ArchiveAddress):
        return ["--study: only for -i dicomweb:URL"] if arguments.studies else []
    if not arguments.studies:
        return [f"-i {arguments.input}: expected --study with the StudyInstanceUIDs of the CTs"]
    return uid_problems(arguments.studies)


def retrieve_input(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Take the studies from the archive that -i names, and put their folders into `arguments.folders`.

    For a path nothing is taken, and `folders` has the path only. `input` becomes a path in any case.

    Returns:
        Why studies could not be taken, by their UIDs.

    Raises:
        InputError: If the archive cannot be used, or has none of the studies.
    """
    if not isinstance(arguments.input, ArchiveAddress):
        arguments.folders = [arguments.input]
        return {}
    from vf_nnunet.archive.received import RECEIVED
    from vf_nnunet.archive.retrieve import retrieve_studies

    received = retrieve_studies(arguments.input, arguments.studies, arguments.output, connection(arguments))
    if not received.folders:
        raise InputError([line for lines in received.problems.values() for line in lines])
    arguments.input, arguments.folders = arguments.output / RECEIVED, list(received.folders.values())
    return received.problems

"""What the commands that speak with an archive share."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.address import ArchiveAddress, parse_archive_address, uid_problems
from vf_nnunet.commands.dicom_options import dicom_selection

if TYPE_CHECKING:
    from vf_nnunet.archive.settings import ConnectionSettings
    from vf_nnunet.screening.sources import FoundCases


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


def find_input(arguments: argparse.Namespace) -> "tuple[FoundCases, dict[str, list[str]]]":
    """The CTs of -i. Those of an archive are taken from it first, and `input` becomes the folder where they are.

    Studies that fail are recorded in the output folder, and the others go on.

    Returns:
        The CTs, and why studies have none, by their UIDs.

    Raises:
        InputError: If there is no CT at all, or the archive cannot be used.
    """
    from vf_nnunet.screening.failures import note_failures
    from vf_nnunet.screening.sources import find_cases, join_cases

    selection = dicom_selection(arguments)
    if not isinstance(arguments.input, ArchiveAddress):
        return find_cases(arguments.input, selection), {}
    from vf_nnunet.archive.received import RECEIVED
    from vf_nnunet.archive.retrieve import retrieve_studies

    received = retrieve_studies(arguments.input, arguments.studies, arguments.output, connection(arguments))
    arguments.input = arguments.output / RECEIVED
    failures, found = received.problems, []
    for study, folder in received.folders.items():
        try:
            found.append(find_cases(folder, selection))
        except InputError as error:
            failures[study] = list(error.problems)
    note_failures(arguments.output, failures, set(arguments.studies) - failures.keys())
    if not found:
        raise InputError([line for lines in failures.values() for line in lines])
    return join_cases(found), failures

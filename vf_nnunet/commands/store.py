"""Send the DICOM objects of a folder to an archive, by DICOMweb or by the DICOM protocol."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.archive_options import add_attempts, connection

if TYPE_CHECKING:
    from ssl import SSLContext

    from vf_nnunet.archive.destination import Destination
    from vf_nnunet.archive.objects import DicomObject

EXAMPLE = "vf_nnunet store predictions --dicomweb https://archive.example/dicom-web"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="folder with DICOM objects, such as the output of predict --dicom"
    )
    archive = parser.add_mutually_exclusive_group(required=True)
    archive.add_argument(
        "--dicomweb",
        metavar="URL",
        help="DICOMweb service (STOW-RS); its user and password come from VF_NNUNET_DICOMWEB_USER and "
        "VF_NNUNET_DICOMWEB_PASSWORD, a token from VF_NNUNET_DICOMWEB_TOKEN, or all from ~/.netrc",
    )
    archive.add_argument("--dicom", metavar="HOST:PORT", help="DICOM node (C-STORE)")
    parser.add_argument("--called-ae", default=None, metavar="AE", help="application entity title of the DICOM node")
    parser.add_argument(
        "--calling-ae", default="VF_NNUNET", metavar="AE", help="our application entity title (default: VF_NNUNET)"
    )
    parser.add_argument("--tls", action="store_true", help="encrypt the connection to the DICOM node (TLS)")
    parser.add_argument(
        "--tls-authority",
        type=Path,
        metavar="PEM",
        help="certificates of the authorities that are trusted (default: those that the computer knows)",
    )
    parser.add_argument(
        "--tls-certificate", type=Path, metavar="PEM", help="our certificate, if the DICOM node asks for one"
    )
    parser.add_argument("--tls-key", type=Path, metavar="PEM", help="its key, if it is in another file")
    add_attempts(parser)


def run(arguments: argparse.Namespace) -> None:
    """Send what the archive does not have yet; refusals are reported at the end."""
    from vf_nnunet.archive.objects import find_objects
    from vf_nnunet.archive.sent_record import SentRecord
    from vf_nnunet.archive.store import store_objects

    settings = connection(arguments)
    check_node(arguments)
    encryption = _encryption(arguments)
    items, problems = find_objects(arguments.folder)
    if not items:
        raise InputError(problems or f"{arguments.folder}: no DICOM object; expected results of predict --dicom")
    destination = _destination(arguments, items, encryption)
    record = SentRecord(arguments.folder, destination.name)
    try:
        sent = store_objects(record, items, destination, settings, progress=True)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from error
    sys.stderr.write("".join(f"warning: {remark}\n" for remark in sent.remarks))
    sys.stdout.write(f"{destination.name}: {sent}\n")
    if problems or sent.refused:
        raise InputError([*problems, *sent.refused])


def check_node(arguments: argparse.Namespace) -> None:
    """Check the options about a DICOM node before the folder is searched.

    Raises:
        InputError: If there is an error in them.
    """
    from vf_nnunet.archive.cstore import check_ae_title, parse_address

    _check_combinations(arguments)
    if arguments.dicom is None:
        return
    parse_address(arguments.dicom)
    if arguments.called_ae is None:
        raise InputError("--dicom: expected --called-ae, the application entity title of the archive")
    check_ae_title("--called-ae", arguments.called_ae)
    check_ae_title("--calling-ae", arguments.calling_ae)


def _check_combinations(arguments: argparse.Namespace) -> None:
    """Refuse options without the one that they belong to."""
    of_tls = _given(arguments, "tls_authority", "tls_certificate", "tls_key")
    problems = []
    if arguments.dicom is None:
        problems += [f"{option}: only for --dicom" for option in [*_given(arguments, "called_ae", "tls"), *of_tls]]
    elif not arguments.tls:
        problems += [f"{option}: given without --tls; add it, or leave this out" for option in of_tls]
    if arguments.tls_key is not None and arguments.tls_certificate is None:
        problems.append("--tls-key: given without --tls-certificate; expected both")
    if problems:
        raise InputError(problems)


def _given(arguments: argparse.Namespace, *names: str) -> list[str]:
    """Those of the options that were given, as they were written."""
    values = {f"--{name.replace('_', '-')}": getattr(arguments, name) for name in names}
    return [option if value is True else f"{option} {value}" for option, value in values.items() if value]


def _encryption(arguments: argparse.Namespace) -> "SSLContext | None":
    from vf_nnunet.archive.encryption import TlsFiles, tls_context

    files = TlsFiles(arguments.tls_authority, arguments.tls_certificate, arguments.tls_key)
    return tls_context(files) if arguments.tls else None


def _destination(
    arguments: argparse.Namespace, items: "list[DicomObject]", encryption: "SSLContext | None"
) -> "Destination":
    from vf_nnunet.archive.cstore import DicomDestination, parse_address
    from vf_nnunet.archive.stow import DicomWebDestination

    settings = connection(arguments)
    if arguments.dicomweb is not None:
        return DicomWebDestination(arguments.dicomweb, settings)
    address = parse_address(arguments.dicom)
    return DicomDestination(address, arguments.called_ae, arguments.calling_ae, items, settings, encryption)

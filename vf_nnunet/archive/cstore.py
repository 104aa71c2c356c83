"""Send objects by the DICOM protocol (C-STORE)."""

import logging
import ssl
from collections.abc import Iterable
from typing import Any

from dataset_conversion.images.dicom.files import ignored_violations
from dataset_conversion.spine.errors import InputError, first_line
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.destination import Answer, is_out_of_resources, refusal_text
from vf_nnunet.archive.encryption import handshake_problem
from vf_nnunet.archive.objects import DicomObject
from vf_nnunet.archive.packages import check_installed
from vf_nnunet.archive.settings import CONNECTION, ConnectionSettings

CALLING_AE = "VF_NNUNET"
"""Our application entity title, unless another one is given."""
LONGEST_AE = 16
MOST_CONTEXTS = 128
"""Most kinds of objects in one association (PS3.8)."""


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT.

    Raises:
        InputError: If it is something else.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise InputError(f"--dicom {text}: not an address; expected HOST:PORT, such as archive.example:104")
    return host.strip("[]"), int(port)


def check_ae_title(option: str, title: str) -> None:
    """Check an application entity title.

    Raises:
        InputError: If DICOM does not allow it.
    """
    if not title.strip() or len(title) > LONGEST_AE or not title.isascii() or not title.isprintable() or "\\" in title:
        raise InputError(f"{option} {title!r}: not an AE title; expected 1 to {LONGEST_AE} characters of ASCII")


class DicomDestination:
    """A DICOM node. Its association is opened with the first object, and again after it was lost.

    Args:
        address: Host and port.
        called: Application entity title of the archive.
        calling: Ours.
        items: The objects that will be sent; they say which kinds the association is about.
        settings: How long the node is waited for.
        encryption: From `tls_context`; None to send without encryption.

    Raises:
        InputError: If pynetdicom is not installed, or the objects are of too many kinds.
    """

    def __init__(
        self,
        address: tuple[str, int],
        called: str,
        calling: str,
        items: Iterable[DicomObject],
        settings: ConnectionSettings = CONNECTION,
        encryption: ssl.SSLContext | None = None,
    ) -> None:
        check_installed("pynetdicom")
        from pynetdicom import AE

        # Its errors are told by exceptions here.
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
        host, port = address
        self.name = f"{called}@{host}:{port}"
        self._address, self._called, self._calling = address, called, calling
        self._node = AE(ae_title=calling)
        self._node.connection_timeout = self._node.acse_timeout = settings.timeout
        self._node.dimse_timeout = self._node.network_timeout = settings.timeout
        self._association: Any = None
        self._encryption, self._timeout = encryption, settings.timeout
        kinds = sorted({(item.sop_class, item.transfer_syntax) for item in items})
        if len(kinds) > MOST_CONTEXTS:
            raise InputError(f"{len(kinds)} kinds of objects; expected at most {MOST_CONTEXTS}: send fewer at a time")
        for sop_class, syntax in kinds:
            # One syntax in each context: an archive picks one of several, but a file has only one.
            self._node.requested_contexts = [*self._node.requested_contexts, _context(sop_class, syntax)]

    def send(self, item: DicomObject) -> Answer:
        """See `Destination`."""
        association = self._open()
        try:
            with ignored_violations():
                status = association.send_c_store(item.path)
        except ValueError as error:
            return Answer(False, f"not taken by the archive ({first_line(str(error))})")
        except (RuntimeError, OSError) as error:
            self.close()
            raise Unreachable(f"{self.name}: connection lost ({first_line(str(error))})") from error
        if "Status" not in status:
            self.close()
            raise Unreachable(f"{self.name}: connection lost")
        return self._answer(int(status.Status), str(status.get("ErrorComment") or ""))

    def close(self) -> None:
        """See `Destination`."""
        association, self._association = self._association, None
        if association is not None and association.is_established:
            association.release()

    def _answer(self, code: int, comment: str) -> Answer:
        if code == 0:
            return Answer(True)
        if code & 0xF000 == 0xB000 or code == 1:
            return Answer(True, f"changed by the archive (0x{code:04X})")
        reason = f"{refusal_text(code)}{': ' if comment else ''}{comment}"
        if is_out_of_resources(code):
            raise Unreachable(f"{self.name}: {reason}")
        return Answer(False, reason)

    def _open(self) -> Any:
        if self._association is not None and self._association.is_established:
            return self._association
        host, port = self._address
        encryption = None if self._encryption is None else (self._encryption, host)
        association = self._node.associate(host, port, ae_title=self._called, tls_args=encryption)
        if association.is_rejected:
            reason = association.acceptor.primitive.reason_str
            raise ArchiveError(
                f"{self.name}: association rejected ({reason}); expected the archive to know the AE titles: called "
                f"{self._called}, calling {self._calling}"
            )
        if not association.is_established:
            self._check_encryption()
            raise Unreachable(f"{self.name}: no answer; expected a DICOM node at this address that takes these objects")
        self._association = association
        return association

    def _check_encryption(self) -> None:
        """Say why there is no encrypted connection, if that is why there is none."""
        if self._encryption is None:
            return
        if problem := handshake_problem(self._address, self._encryption, self._timeout):
            raise ArchiveError(
                f"{self.name}: no encrypted connection ({problem}); expected a DICOM node with TLS, a certificate for "
                f"{self._address[0]} of an authority that is trusted (--tls-authority), and, if it asks for ours, "
                "--tls-certificate"
            )


def _context(sop_class: str, syntax: str) -> Any:
    from pynetdicom import build_context

    return build_context(sop_class, syntax)

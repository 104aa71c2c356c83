"""Objects sent by C-STORE to a node of pynetdicom."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from pydicom.uid import CTImageStorage, EnhancedSRStorage
from pynetdicom import AE, evt

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.cstore import DicomDestination, check_ae_title, parse_address
from vf_nnunet.archive.destination import Answer
from vf_nnunet.archive.objects import DicomObject
from vf_nnunet.archive.settings import ConnectionSettings

SHORT = ConnectionSettings(timeout=5.0)


@contextmanager
def node(
    states: Sequence[int | None], sop_class: str = EnhancedSRStorage
) -> Iterator[tuple[tuple[str, int], list[str]]]:
    """A node that answers with these states, or cuts the connection, and keeps the UIDs that came."""
    left, came = list(states), []

    def store(event: Any) -> int:
        came.append(str(event.dataset.SOPInstanceUID))
        state = left.pop(0) if len(left) > 1 else left[0]
        if state is None:
            event.assoc.abort()
            return 0
        return state

    archive = AE(ae_title="ARCHIVE")
    archive.require_called_aet = True
    archive.add_supported_context(sop_class)
    server = archive.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
    try:
        yield ("127.0.0.1", server.server_address[1]), came
    finally:
        server.shutdown()


def destination(address: tuple[str, int], items: Sequence[DicomObject], called: str = "ARCHIVE") -> DicomDestination:
    return DicomDestination(address, called, "VF_NNUNET", items, SHORT)


def test_accepted_in_one_association(items: list[DicomObject]) -> None:
    with node([0, 0xB000, 0]) as (address, came):
        archive = destination(address, items)
        assert archive.name == f"ARCHIVE@127.0.0.1:{address[1]}"
        answers = [archive.send(item) for item in items]
        archive.close()
    assert answers == [Answer(True), Answer(True, "changed by the archive (0xB000)"), Answer(True)]
    assert came == [item.sop_instance for item in items]


def test_refused(items: list[DicomObject]) -> None:
    with node([0xC123, 0xA900, 0x0124]) as (address, _):
        archive = destination(address, items)
        remarks = [archive.send(item).remark for item in items]
        archive.close()
    assert remarks == [
        "cannot be understood (0xC123)",
        "data set does not match its SOP class (0xA900)",
        "not authorised (0x0124)",
    ]


def test_a_full_disk_or_a_lost_connection_can_pass(items: list[DicomObject]) -> None:
    with node([0xA700, None, 0]) as (address, came):
        archive = destination(address, items)
        with pytest.raises(Unreachable, match="out of resources"):
            archive.send(items[0])
        with pytest.raises(Unreachable, match="connection lost"):
            archive.send(items[0])
        assert archive.send(items[0]) == Answer(True)
        archive.close()
    assert len(came) == 3


def test_a_kind_that_the_node_does_not_take(items: list[DicomObject]) -> None:
    with node([0], CTImageStorage) as (address, _), pytest.raises(Unreachable, match="takes these objects"):
        destination(address, items).send(items[0])


def test_another_ae_title(items: list[DicomObject]) -> None:
    with node([0]) as (address, _), pytest.raises(ArchiveError, match=r"association rejected .*called OTHER"):
        destination(address, items, "OTHER").send(items[0])


def test_nobody_there(items: list[DicomObject]) -> None:
    with pytest.raises(Unreachable, match=r"ARCHIVE@127\.0\.0\.1:9: no answer"):
        destination(("127.0.0.1", 9), items).send(items[0])


def test_addresses() -> None:
    assert parse_address("archive.example:104") == ("archive.example", 104)
    assert parse_address("[::1]:104") == ("::1", 104)
    for text in ("archive", "archive:", ":104", "archive:0", "archive:x", "archive:70000"):
        with pytest.raises(InputError, match="expected HOST:PORT"):
            parse_address(text)


def test_ae_titles() -> None:
    check_ae_title("--called-ae", "STORE SCP")
    for title in ("", "  ", "A" * 17, "Ä", "A\\B", "A\n"):
        with pytest.raises(InputError, match="not an AE title"):
            check_ae_title("--called-ae", title)

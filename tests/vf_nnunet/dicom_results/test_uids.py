"""UIDs from content."""

from uuid import UUID

import pydicom.uid
from hypothesis import given, settings
from hypothesis import strategies as st

from vf_nnunet.dicom_results.uids import stable_uid

PARTS = st.lists(st.one_of(st.text(), st.binary()), max_size=4)


@settings(max_examples=30)
@given(PARTS)
def test_they_are_uids_of_uuids(parts: list[str | bytes]) -> None:
    uid = pydicom.uid.UID(stable_uid(*parts))
    assert uid.is_valid
    assert uid == stable_uid(*parts)
    uuid = UUID(int=int(uid.removeprefix("2.25.")))
    assert (uuid.version, uuid.variant) == (8, "specified in RFC 4122")


@given(PARTS, PARTS)
def test_other_parts_give_another(parts: list[str | bytes], others: list[str | bytes]) -> None:
    same = [part.encode() if isinstance(part, str) else part for part in parts] == [
        part.encode() if isinstance(part, str) else part for part in others
    ]
    assert (stable_uid(*parts) == stable_uid(*others)) == same


def test_the_division_into_parts_matters() -> None:
    assert len({stable_uid("ab", "c"), stable_uid("a", "bc"), stable_uid("abc"), stable_uid("ab", "c", "")}) == 4

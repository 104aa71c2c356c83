"""A gzip file is read as Python's own module reads it, and never without its checksum."""

import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.maps import gzip_stream
from evaluation.maps.gzip_stream import GzipStream


def read(path: Path, offset: int, size: int) -> bytes:
    buffer = bytearray(size)
    with GzipStream(path) as stream:
        stream.seek(offset)
        assert stream.tell() == offset
        assert stream.readinto(buffer) == size
    return bytes(buffer)


@settings(max_examples=60, deadline=None)
@given(
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    zeros=st.integers(0, 5),
    piece=st.sampled_from([1, 7, 100, 10**6]),
    data=st.data(),
)
def test_equals_the_gzip_module(
    tmp_path_factory: pytest.TempPathFactory, members: list[bytes], zeros: int, piece: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("gzip") / "a.gz"
    path.write_bytes(b"".join(map(gzip.compress, members)) + bytes(zeros))
    content = gzip.decompress(path.read_bytes())
    assert content == b"".join(members)
    offset = data.draw(st.integers(0, len(content)))
    size = data.draw(st.integers(0, len(content) - offset))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gzip_stream, "PIECE", piece)
        assert read(path, offset, size) == content[offset : offset + size]


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_damage_is_found_whatever_was_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.gz"
    whole = gzip.compress(np.random.default_rng(0).bytes(5000))
    for kept in (whole[:-1], whole[:-8], whole[:2000], whole[:5]):
        path.write_bytes(kept)
        with pytest.raises((EOFError, AssertionError)):
            read(path, 0, size)
    for place in (2500, len(whole) - 8, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(zlib.error):
            read(path, 0, size)
    path.write_bytes(whole + b"more")
    with pytest.raises(zlib.error):
        read(path, 0, size)


def test_it_is_read_once_and_forwards(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"0123456789"))
    with GzipStream(path) as stream:
        assert stream.readable()
        assert (stream.seek(3), stream.read(2), stream.tell()) == (3, b"34", 5)
        with pytest.raises(io.UnsupportedOperation):
            stream.seek(0)
        assert stream.seek(99) == 10
    assert stream.closed

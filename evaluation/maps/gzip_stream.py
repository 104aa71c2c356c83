"""Decompression of gzip files in large pieces, with their checksums, and without Python's global lock."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

PIECE = 2**21
"""Largest number of bytes that are read or decompressed at once."""
GZIP = 31
"""The window size by which zlib expects a header of gzip, and compares the checksum at the end."""


class GzipStream(io.RawIOBase):
    """A gzip file, which nibabel reads as if it were not compressed. It can be read once, forwards.

    The end of its `with` block reads the rest, so that the checksum is always compared.

    Args:
        path: The file, of one gzip member or several.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._inflater = zlib.decompressobj(GZIP)
        self._waiting = b""
        self._position = 0

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                while self._next(PIECE):
                    pass
        finally:
            self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def readable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Skip bytes, from the beginning of the file and forwards only.

        Raises:
            io.UnsupportedOperation: If these bytes were read already.
        """
        if whence != io.SEEK_SET or offset < self._position:
            raise io.UnsupportedOperation("a gzip stream is read once, from its beginning")
        while self._position < offset and self._next(offset - self._position):
            pass
        return self._position

    def tell(self) -> int:
        """Number of bytes that were read or skipped."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, except at the end of the file.

        Returns:
            Number of bytes.

        Raises:
            EOFError: If the file ends within a member.
            zlib.error: If it is damaged.
        """
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (piece := self._next(len(view) - filled)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def _next(self, most: int) -> bytes:
        """The next decompressed bytes, at most so many; empty at the end of the file."""
        piece = b""
        while not piece:
            if self._inflater.eof:
                # Zeros may follow the last member.
                rest = self._inflater.unused_data.lstrip(b"\0") or self._file.read(PIECE).lstrip(b"\0")
                if not rest:
                    return b""
                self._inflater, self._waiting = zlib.decompressobj(GZIP), rest
            compressed = self._waiting or self._file.read(PIECE)
            piece = self._inflater.decompress(compressed, min(most, PIECE))
            self._waiting = self._inflater.unconsumed_tail
            if not piece and not compressed and not self._inflater.eof:
                raise EOFError("the compressed data end too early")
        self._position += len(piece)
        return piece

"""Whether the voxels stored in NRRD and MetaImage files are whole, which ITK does not check for compressed ones."""

import bz2
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError

_BLOCK = 2**20
_GZIP = 31
"""`zlib` window size for a gzip stream with its header and its checksum, CRC-32."""
_ZLIB = 15
"""`zlib` window size for a zlib stream, whose checksum is Adler-32."""
_LOCAL = "local"


@dataclass(frozen=True)
class DataSection:
    """Where the voxels of a file lie.

    Attributes:
        path: The file with the voxels.
        start: Its first byte of voxels.
        encoding: "zlib", "gzip", "bzip2" or "raw".
    """

    path: Path
    start: int
    encoding: str

    def decoded_size(self) -> int:
        """Size of the voxels in bytes.

        Raises:
            InputError: If the stream is damaged, does not end, or its checksum differs.
        """
        if self.encoding == "raw":
            return self.path.stat().st_size - self.start
        try:
            return sum(len(block) for block in self._decoded())
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise InputError(
                f"{self.path}: compressed voxels are damaged or incomplete ({error}); expected a complete file"
            ) from error

    def _decoded(self) -> Iterator[bytes]:
        decoder: Any = (
            bz2.BZ2Decompressor()
            if self.encoding == "bzip2"
            else zlib.decompressobj(_GZIP if self.encoding == "gzip" else _ZLIB)
        )
        with self.path.open("rb") as file:
            file.seek(self.start)
            while not decoder.eof and (block := file.read(_BLOCK)):
                yield decoder.decompress(block)
        if not decoder.eof:
            raise EOFError("the stream does not end")


def check_size(path: Path, found: int, expected: int, row: int) -> None:
    """Check the size of the voxels of a file. Less than one row of bytes behind the voxels is padding.

    Args:
        path: The file, for the message.
        found: Bytes in the file.
        expected: Bytes of the image that the header describes.
        row: Bytes of one row of voxels.

    Raises:
        InputError: If the file holds fewer bytes, or a row or more beyond them.
    """
    if not expected <= found < expected + row:
        raise InputError(
            f"{path}: {found} bytes of voxels; expected {expected} as the size in the header: incomplete or damaged"
        )


def meta_section(path: Path, fields: dict[str, str], end: int) -> DataSection | None:
    """The voxels of a MetaImage; None if they lie in several files or at a place that the header leaves open.

    Args:
        path: The file with the header.
        fields: The fields of its header in lower case.
        end: Size of the header in bytes.
    """
    is_compressed = fields.get("compresseddata", "").lower().startswith(("t", "1"))
    name = fields.get("elementdatafile", "")
    if name.lower().startswith("list") or "%" in name:
        _refuse_without_checksum(path, is_compressed)
        return None
    data, start = (path, end) if name.lower() == _LOCAL else (path.parent / name, 0)
    if fields.get("headersize", "0") not in ("0", ""):
        _refuse_without_checksum(path, is_compressed)
        return None
    return DataSection(data, start, "zlib" if is_compressed else "raw")


def nrrd_section(path: Path, fields: dict[str, str], end: int) -> DataSection | None:
    """The voxels of an NRRD; None if they lie in several files, at a place that the header leaves open, or are text.

    Args:
        path: The file with the header.
        fields: The fields of its header in lower case.
        end: Size of the header in bytes.
    """
    encodings = {"raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
    encoding = encodings.get(fields.get("encoding", "").lower())
    name = fields.get("data file", fields.get("datafile"))
    if encoding is None:
        return None
    skips = [fields.get(skip, "0") for skip in ("line skip", "lineskip", "byte skip", "byteskip")]
    if (name is not None and (name.lower().startswith("list") or "%" in name)) or set(skips) != {"0"}:
        _refuse_without_checksum(path, encoding != "raw")
        return None
    return DataSection(path, end, encoding) if name is None else DataSection(path.parent / name, 0, encoding)


def _refuse_without_checksum(path: Path, is_compressed: bool) -> None:
    if is_compressed:
        raise InputError(
            f"{path}: compressed voxels in several files or behind skipped bytes; expected one file, whose checksum "
            "can be compared"
        )

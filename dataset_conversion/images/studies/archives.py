"""Zipped exports, whose DICOM files are unpacked to a temporary folder that disappears with the program.

Nothing that an archive says of itself is trusted: names that lead out of the folder, links, more files or bytes than an
export has, and checksums that differ are refused.
"""

import os
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from dataset_conversion.images.dicom.files import DICOM_ENDINGS, HEAD, is_dicom_head
from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.records.passed_over import PassedOver

ENDING = ".zip"

MOST_FILES = 200_000
"""More files than any export has."""

MOST_BYTES = 64_000_000_000
"""More unpacked bytes than any export has."""

LEAST_FREE = 2_000_000_000
"""Bytes of the disk that stay free."""

_BLOCK = 2**20
_HIDDEN = ("__MACOSX",)
_ENCRYPTED = 1


@dataclass
class Archives:
    """The archives of an input.

    Attributes:
        folders: The folder with the files of each archive, by archive.
        passed_over: Archives that cannot be used, or hold no DICOM.
    """

    folders: dict[Path, Path] = field(default_factory=dict)
    passed_over: list[PassedOver] = field(default_factory=list)

    def add(self, archive: Path) -> None:
        """Unpack an archive; a broken one is passed over."""
        try:
            folder = unpack(archive)
        except InputError as error:
            self.passed_over.append(PassedOver(archive, str(error).partition(": ")[2]))
            return
        if folder is None:
            self.passed_over.append(PassedOver(archive, "an archive without DICOM"))
        else:
            self.folders[archive] = folder

    def shown(self, path: Path) -> Path:
        """The place in the archive of an unpacked file or folder; other paths as they are."""
        for archive, folder in self.folders.items():
            if path.is_relative_to(folder):
                return archive / path.relative_to(folder)
        return path


_temporary: list[tempfile.TemporaryDirectory[str]] = []
"""Kept until the program ends, which removes the folders."""


def unpack(archive: Path) -> Path | None:
    """Unpack the DICOM files of an archive.

    Returns:
        A temporary folder with the name of the archive; None if it holds no DICOM.

    Raises:
        InputError: If the archive is broken, encrypted, too large, or has a name that leads out of the folder.
    """
    try:
        with ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if _is_wanted(member)]
            _check_members(archive, members)
            chosen = [member for member in members if _is_dicom(opened, member)]
            if not chosen:
                return None
            temporary = tempfile.TemporaryDirectory(prefix="vf_nnunet-")
            _temporary.append(temporary)
            root = Path(temporary.name) / archive.name[: -len(ENDING)]
            for member in chosen:
                _extract(opened, member, root)
            return root
    except (BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{archive}: a broken archive ({first_line(str(error))}); expected a complete zip") from error
    except Exception as error:  # zlib's and lzma's errors have no common base class
        raise InputError(f"{archive}: a broken archive ({first_line(str(error))}); expected a complete zip") from error


def _is_wanted(member: ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    return not (member.is_dir() or is_link or not parts or parts[-1].startswith(".") or parts[0] in _HIDDEN)


def _check_members(archive: Path, members: list[ZipInfo]) -> None:
    names = [member.filename for member in members]
    unsafe = next((name for name in names if _is_unsafe(name)), None)
    size = sum(member.file_size for member in members)
    free = shutil.disk_usage(tempfile.gettempdir()).free - LEAST_FREE
    too_much = f"{len(members)} files, {size} bytes unpacked; expected at most"
    problems = {
        f"name {unsafe!r}; expected names inside the archive": unsafe is not None,
        "names that occur twice; expected one file per name": len(set(map(str.lower, names))) < len(names),
        "an encrypted archive; expected one without a password": any(one.flag_bits & _ENCRYPTED for one in members),
        f"{too_much} {MOST_FILES} and {MOST_BYTES}": len(members) > MOST_FILES or size > MOST_BYTES,
        f"{too_much} the {max(free, 0)} bytes that {tempfile.gettempdir()} has": size > free,
    }
    for problem, is_there in problems.items():
        if is_there:
            raise InputError(f"{archive}: {problem}")


def _is_unsafe(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name


def _is_dicom(opened: ZipFile, member: ZipInfo) -> bool:
    if member.filename.lower().endswith(DICOM_ENDINGS):
        return True
    with opened.open(member) as source:
        return is_dicom_head(source.read(HEAD))


def _extract(opened: ZipFile, member: ZipInfo, root: Path) -> None:
    """Unpack one file, with the time of its last change. zipfile reads no more than the stated size, and its sum."""
    target = root.joinpath(*PurePosixPath(member.filename.replace("\\", "/")).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(member) as source, target.open("xb") as stream:
        shutil.copyfileobj(source, stream, _BLOCK)
    changed = time.mktime((*member.date_time, 0, 0, -1))
    os.utime(target, (changed, changed))

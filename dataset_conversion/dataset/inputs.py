"""The record of the files that a dataset was made from, so that a conversion is not repeated."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dataset_conversion.images.folder_walk import walk_folder
from dataset_conversion.parallel import run_parallel
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json

INPUTS_FILE = "inputs.json"


@dataclass(frozen=True)
class InputFile:
    """A file as it was when it was converted.

    Attributes:
        size: Size in bytes.
        modified_ns: Time of the last change, in nanoseconds since 1970.
        sha256: SHA-256 of the content.
    """

    size: int
    modified_ns: int
    sha256: str


def find_inputs(sources: Mapping[str, Path | None], left_out: Path) -> dict[str, Path]:
    """Every file that a conversion may read, by the role of its source and its path within the source.

    All files of a folder count, because only the readers know which of them they use.

    Args:
        sources: A file, a folder or None, by the name of its role.
        left_out: Folder of nnU-Net's raw datasets, which may lie inside a source.
    """
    outputs = left_out.resolve()
    found: dict[str, Path] = {}
    for role, source in sources.items():
        if source is None:
            continue
        files = walk_folder(source.resolve()).files if source.is_dir() else [source.resolve()]
        for path in files:
            if path.is_file() and not path.name.startswith(".") and not path.is_relative_to(outputs):
                found[f"{role}/{path.relative_to(source.resolve()) if source.is_dir() else path.name}"] = path
    return found


def record_inputs(paths: Mapping[str, Path], processes: int) -> dict[str, InputFile]:
    """Size, time and SHA-256 of each file. A file that several sources share is read once.

    Raises:
        InputError: If a file cannot be read.
    """
    distinct = list(dict.fromkeys(paths.values()))
    known = dict(zip(distinct, run_parallel(_record, distinct, processes, "fingerprints", "file"), strict=True))
    return {name: known[path] for name, path in paths.items()}


def write_inputs(folder: Path, inputs: Mapping[str, InputFile]) -> None:
    """Write `inputs.json`."""
    content = {name: asdict(file) for name, file in inputs.items()}
    write_json(folder / INPUTS_FILE, content)


def are_unchanged(folder: Path, paths: Mapping[str, Path]) -> bool:
    """Whether `paths` are the files that `folder` records.

    A file with the recorded size and time counts as the same without being read. If the time differs, as in a copy, the
    SHA-256 decides.
    """
    try:
        content = json.loads((folder / INPUTS_FILE).read_text(encoding="utf-8"))
        recorded = {name: InputFile(**file) for name, file in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return False
    return recorded.keys() == paths.keys() and all(_is_same(recorded[name], path) for name, path in paths.items())


def fingerprint(inputs: Mapping[str, InputFile]) -> str:
    """One SHA-256 of the names and contents of all files, the same on every machine."""
    lines = "".join(f"{name} {inputs[name].sha256}\n" for name in sorted(inputs))
    return hashlib.sha256(lines.encode()).hexdigest()


def _record(path: Path) -> InputFile:
    try:
        status = path.stat()
        with path.open("rb") as file:
            return InputFile(status.st_size, status.st_mtime_ns, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a readable file") from error


def _is_same(recorded: InputFile, path: Path) -> bool:
    status = path.stat()
    if status.st_size != recorded.size:
        return False
    return status.st_mtime_ns == recorded.modified_ns or _record(path).sha256 == recorded.sha256

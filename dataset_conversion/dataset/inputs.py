"""The record of the files that a dataset was made from, so that a conversion is not repeated."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from dataset_conversion.parallel import run_parallel
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.records.file_records import FileRecord, is_unchanged, record_file
from dataset_conversion.spine.records.folder_walk import walk_folder

INPUTS_FILE = "inputs.json"


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


def record_inputs(paths: Mapping[str, Path], processes: int) -> dict[str, FileRecord]:
    """Size, time and SHA-256 of each file. A file that several sources share is read once.

    Raises:
        InputError: If a file cannot be read.
    """
    distinct = list(dict.fromkeys(paths.values()))
    known = dict(zip(distinct, run_parallel(record_file, distinct, processes, "fingerprints", "file"), strict=True))
    return {name: known[path] for name, path in paths.items()}


def write_inputs(folder: Path, inputs: Mapping[str, FileRecord]) -> None:
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
        recorded = {name: FileRecord(**file) for name, file in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return False
    return recorded.keys() == paths.keys() and all(is_unchanged(recorded[name], path) for name, path in paths.items())

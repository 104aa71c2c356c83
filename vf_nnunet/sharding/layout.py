"""Where the files of a batch lie. No folder holds more than some thousand of them."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.sharding.manifest import ManifestCase, read_manifest

SHARDS_PER_FOLDER = 1000
BATCH = "batch.json"
MANIFEST = "manifest.csv"
JOBS = "jobs"


@dataclass(frozen=True)
class Shard:
    """The cases that one process does, and its files.

    Attributes:
        batch: Folder of the batch.
        number: The shard's number, from 0.
    """

    batch: Path
    number: int

    @property
    def name(self) -> str:
        """Its name in folders, such as `000/00012`."""
        return f"{self.number // SHARDS_PER_FOLDER:03d}/{self.number:05d}"

    @property
    def manifest(self) -> Path:
        """Its rows of the manifest."""
        return self.batch / "shards" / f"{self.name}.csv"

    @property
    def journal(self) -> Path:
        """What its processes did, a line for each event (`journal`)."""
        return self.batch / "shards" / f"{self.name}.jsonl"

    @property
    def tables(self) -> Path:
        """Its rows of the batch's tables, which also mark it as finished (`tables`)."""
        return self.batch / "shards" / f"{self.name}.json"

    @property
    def results(self) -> Path:
        """The folder of its results, as `vf_nnunet predict` writes them."""
        return self.batch / "cases" / self.name

    def cases(self) -> list[ManifestCase]:
        """Its cases.

        Raises:
            InputError: If its rows cannot be read.
        """
        return read_manifest(self.manifest)

    def digest(self) -> str:
        """Digest of its rows: a shard is finished if its tables were made from these rows.

        Raises:
            InputError: If there are none.
        """
        try:
            return hashlib.sha256(self.manifest.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(
                f"{self.manifest}: cannot be read ({error.strerror}); expected shard {self.number} of a batch of "
                "vf_nnunet predict"
            ) from error

    def read_tables(self) -> dict[str, Any] | None:
        """The tables if the shard is finished; None otherwise."""
        try:
            content = json.loads(self.tables.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content if isinstance(content, dict) and content.get("cases_sha256") == self.digest() else None


def is_batch(folder: Path) -> bool:
    """Whether a folder is that of a batch in shards."""
    return (folder / BATCH).is_file() and (folder / "shards").is_dir()


def shards_of(batch: Path) -> Iterator[Shard]:
    """The shards of a batch, in the order of their numbers."""
    for folder in sorted((batch / "shards").glob("[0-9]*"), key=lambda folder: int(folder.name)):
        numbers = (re.fullmatch(r"(\d+)\.csv", path.name) for path in folder.iterdir())
        for number in sorted(int(found.group(1)) for found in numbers if found):
            yield Shard(batch, number)

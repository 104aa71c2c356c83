"""A batch in shards: begun once from a manifest, and continued with the same settings."""

import json
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from vf_nnunet.sharding.layout import BATCH, MANIFEST, Shard, is_batch, shards_of
from vf_nnunet.sharding.manifest import ManifestCase, changes, read_manifest, write_manifest

LARGEST_SHARD = 1000
"""Cases of a shard: a case has some files, and a folder is to hold at most some thousand."""
OF_PLAIN = ("vertebrae.csv", "index.html")
"""Files of `vf_nnunet predict` without shards."""


@dataclass(frozen=True)
class BatchRecord:
    """What a batch is made with.

    Attributes:
        identity: Random, so that a job can tell the folder from another one of the same name.
        made_by: Everything that results depend on; it stays the same.
        options: The options of `vf_nnunet predict`, as the shards take them.
    """

    identity: str
    made_by: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"identity": self.identity, "made_by": dict(self.made_by), "options": dict(self.options)}


def read_batch(batch: Path) -> BatchRecord:
    """Read what a batch is made with.

    Raises:
        InputError: If the folder is not that of a batch.
    """
    path = batch / BATCH
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return BatchRecord(str(content["identity"]), dict(content["made_by"]), dict(content["options"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: cannot be read as the record of a batch ({error}); expected the output folder of vf_nnunet "
            "predict --cluster or --shard-size"
        ) from error


def read_seen_batch(batch: Path, identity: str | None) -> BatchRecord:
    """Read a batch that another machine may have begun.

    Args:
        batch: Its folder.
        identity: The batch that is meant; None takes whichever lies there.

    Raises:
        InputError: If this machine does not see the folder, or sees another one.
    """
    host = socket.gethostname()
    if not (batch / BATCH).is_file():
        raise InputError(
            f"{batch / BATCH}: not there on {host}; expected the output folder of vf_nnunet predict --shard-size, on a "
            "file system that all machines see"
        )
    record = read_batch(batch)
    if identity is not None and record.identity != identity:
        raise InputError(
            f"{batch / BATCH}: another batch on {host} than on the machine that submitted this; expected an output "
            "folder on a file system that all machines see"
        )
    return record


def batch_problems(batch: Path, shard_size: int) -> list[str]:
    """What is wrong with the folder and the size of the shards of a batch that is to be begun or continued."""
    problems = []
    if not 1 <= shard_size <= LARGEST_SHARD:
        problems.append(f"--shard-size {shard_size}: expected 1 to {LARGEST_SHARD}")
    if not is_batch(batch) and any((batch / name).exists() for name in OF_PLAIN):
        problems.append(f"-o {batch}: has results of vf_nnunet predict without shards; expected another folder")
    return problems


def prepare_batch(
    batch: Path,
    cases: Sequence[ManifestCase],
    shard_size: int,
    made_by: Mapping[str, Any],
    options: Mapping[str, Any],
    update: bool = False,
) -> BatchRecord:
    """Begin a batch, or check that an earlier one can be continued. `batch.json` is written last.

    Args:
        batch: Folder of the batch.
        cases: Its manifest, checked.
        shard_size: Most cases of a new shard.
        made_by: As in `BatchRecord`.
        options: As in `BatchRecord`; another backend or memory than before is taken.
        update: Whether a manifest that was changed is taken: new cases come into new shards, and results of cases that
            are gone stay but are not gathered.

    Raises:
        InputError: If the batch was begun with other settings, or with another manifest and not `update`.
    """
    begun = read_batch(batch) if is_batch(batch) else None
    if begun is None:
        _write_shards(batch, 0, cases, shard_size)
    else:
        _check_settings(batch, begun, made_by)
        if differences := changes(read_manifest(batch / MANIFEST), cases):
            if not update:
                raise InputError(
                    [
                        f"{batch / MANIFEST}: {line} since the batch was begun; expected the same manifest, or give "
                        "--update-manifest"
                        for line in differences
                    ]
                )
            _update_shards(batch, cases, shard_size)
    write_manifest(batch / MANIFEST, cases)
    record = BatchRecord(secrets.token_hex(8) if begun is None else begun.identity, made_by, options)
    write_json(batch / BATCH, record.to_json())
    return record


def _check_settings(batch: Path, begun: BatchRecord, made_by: Mapping[str, Any]) -> None:
    now = json.loads(json.dumps(dict(made_by)))
    names = [name for name in {**begun.made_by, **now} if begun.made_by.get(name) != now.get(name)]
    if names:
        raise InputError(
            [
                f"{batch}: begun with {name} {_text(begun.made_by.get(name))}, now {_text(now.get(name))}; expected "
                "the same, or another output folder"
                for name in names
            ]
        )


def _text(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _write_shards(batch: Path, first: int, cases: Sequence[ManifestCase], shard_size: int) -> None:
    for number, start in enumerate(range(0, len(cases), shard_size), start=first):
        shard = Shard(batch, number)
        shard.manifest.parent.mkdir(parents=True, exist_ok=True)
        write_manifest(shard.manifest, cases[start : start + shard_size])


def _update_shards(batch: Path, cases: Sequence[ManifestCase], shard_size: int) -> None:
    """Rows that were there stay in their shard, changed or not."""
    left = {one.case: one for one in cases}
    number = -1
    for shard in shards_of(batch):
        number = shard.number
        before = shard.cases()
        now = [left.pop(one.case) for one in before if one.case in left]
        if not now:
            shard.manifest.unlink()
        elif now != before:
            write_manifest(shard.manifest, now)
    _write_shards(batch, number + 1, list(left.values()), shard_size)

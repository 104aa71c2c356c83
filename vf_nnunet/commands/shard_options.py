"""The options of `predict` for batches in shards."""

import argparse
from pathlib import Path
from typing import Any

DEFAULT_SIZE = 250
MANIFEST_ENDINGS = (".csv", ".parquet")
"""As in `vf_nnunet.sharding.manifest`, which is not imported for --help."""
_OF_THE_RUN = frozenset(
    {"run", "command", "input", "output", "resume", "cluster", "shard_size", "update_manifest", "retry_failed", "wait"}
    | {"prepare"}
)
"""Options that are those of one run, and not of the batch."""


def add_shards(parser: argparse.ArgumentParser) -> None:
    """Add the options for large batches."""
    group = parser.add_argument_group("large batches, in shards that continue by themselves (docs/scale.md)")
    group.add_argument(
        "--shard-size",
        type=int,
        default=None,
        metavar="N",
        help=f"cut the batch into shards of N CTs (default: {DEFAULT_SIZE} with --cluster or a manifest, otherwise "
        "none); vf_nnunet gather makes the tables",
    )
    group.add_argument(
        "--update-manifest",
        action="store_true",
        help="take a manifest or folder that was changed since the batch was begun",
    )
    group.add_argument("--retry-failed", action="store_true", help="do the CTs that failed once more")
    group.add_argument("--prepare", action="store_true", help="write the shards and stop, for vf_nnunet shard")
    group.add_argument("--no-wait", dest="wait", action="store_false", help="submit the jobs and do not wait for them")


def is_sharded(arguments: argparse.Namespace) -> bool:
    """Whether the options of `predict` ask for a batch in shards."""
    given = arguments.cluster is not None or arguments.shard_size is not None
    return given or (isinstance(arguments.input, Path) and arguments.input.suffix.lower() in MANIFEST_ENDINGS)


def shard_problems(arguments: argparse.Namespace) -> list[str]:
    """Which options of `predict` a batch in shards does not have."""
    source = arguments.input
    problems = []
    if not isinstance(source, Path) or source.suffix.lower() == ".zip":
        problems.append(f"-i {source}: not in shards; expected a folder of CTs or a manifest")
    if arguments.series or arguments.case_id is not None:
        problems.append("--series, --case-id: not in shards; expected a manifest with the folder of each series")
    if arguments.dicom:
        problems.append("--dicom: not in shards; expected vf_nnunet findings --dicom on their results")
    return problems


def stored_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of a batch, as JSON; paths are absolute."""
    options = {
        name: value
        for name, value in vars(arguments).items()
        if name not in _OF_THE_RUN and not name.startswith("slurm")
    }
    paths = {name: str(value.absolute()) for name, value in options.items() if isinstance(value, Path)}
    return {"paths": paths, "values": {name: value for name, value in options.items() if name not in paths}}


def restored_options(stored: dict[str, Any]) -> argparse.Namespace:
    """The options of `stored_options`."""
    paths = {name: Path(path) for name, path in stored["paths"].items()}
    return argparse.Namespace(**stored["values"], **paths)

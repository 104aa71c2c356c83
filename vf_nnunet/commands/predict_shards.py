"""`predict` for large batches: the manifest, its shards, and the processes or jobs that do them."""

import argparse
import sys
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.cluster.submit import check_cluster
from vf_nnunet.commands.cluster_options import cluster_settings
from vf_nnunet.commands.options import open_chosen_model
from vf_nnunet.commands.predict import check_options
from vf_nnunet.commands.prediction_options import screening_settings
from vf_nnunet.commands.shard import do_shards
from vf_nnunet.commands.shard_options import DEFAULT_SIZE, shard_problems, stored_options
from vf_nnunet.commands.worklist_options import keep_card
from vf_nnunet.model.model import Model
from vf_nnunet.screening.case import ScreeningSettings
from vf_nnunet.screening.provenance import made_by
from vf_nnunet.sharding.batch import batch_problems, prepare_batch
from vf_nnunet.sharding.jobs import ShardWork, run_jobs
from vf_nnunet.sharding.journal import FAILED
from vf_nnunet.sharding.layout import MANIFEST, Shard, is_batch, shards_of
from vf_nnunet.sharding.manifest import ManifestCase, check_cases, ct_paths, is_manifest, read_manifest
from vf_nnunet.sharding.tables import read_tables
from vf_nnunet.sharding.tree_scan import make_manifest

FOUND = "found.csv"
"""The manifest of a folder, until the batch is begun."""


def predict_shards(arguments: argparse.Namespace) -> None:
    """Begin or continue a batch in shards, and do its shards here or as jobs.

    Raises:
        InputError: If the options, the cluster, the manifest or the model cannot be used, or cases have failed.
    """
    size = DEFAULT_SIZE if arguments.shard_size is None else arguments.shard_size
    cluster = _checked(arguments, size)
    output: Path = arguments.output
    cases = _cases(arguments)
    check_cases(arguments.input, cases)
    model = open_chosen_model(arguments.model, arguments.folds)
    settings = screening_settings(arguments, model, ct_paths(cases))
    output.mkdir(parents=True, exist_ok=True)
    made = _made_by(model, settings)
    record = prepare_batch(output, cases, size, made, stored_options(arguments), arguments.update_manifest)
    (output / FOUND).unlink(missing_ok=True)
    keep_card(output, model.card)
    shards = list(shards_of(output))
    sys.stderr.write(f"{output}: {len(cases)} CTs in {len(shards)} shards\n")
    if arguments.prepare:
        return
    to_do = [shard for shard in shards if _is_to_do(shard, arguments.retry_failed)]
    if cluster is None:
        do_shards(output, [shard.number for shard in to_do], record.identity, arguments.retry_failed)
    else:
        works = {
            shard: ShardWork(output.absolute(), shard.number, record.identity, arguments.retry_failed, do_shards)
            for shard in to_do
        }
        run_jobs(output, cluster, works, arguments.wait)
        if not arguments.wait:
            return
    _report(output, shards)


def _checked(arguments: argparse.Namespace, size: int) -> Any:
    """The cluster, if there is one; all options are checked."""
    problems = [*shard_problems(arguments), *batch_problems(arguments.output, size)]
    if arguments.prepare and arguments.cluster is not None:
        problems.append("--prepare: nothing is submitted; expected no --cluster")
    if problems:
        raise InputError(problems)
    check_options(arguments)
    cluster = cluster_settings(arguments)
    if cluster is not None:
        check_cluster(cluster)
    return cluster


def _cases(arguments: argparse.Namespace) -> list[ManifestCase]:
    """The rows of the manifest; that of a folder is made once."""
    source, output = arguments.input, arguments.output
    if is_manifest(source):
        return read_manifest(source)
    if is_batch(output) and not arguments.update_manifest:
        return read_manifest(output / MANIFEST)
    found = output / FOUND
    return read_manifest(found) if found.is_file() and not is_batch(output) else make_manifest(source, found)


def _made_by(model: Model, settings: ScreeningSettings) -> dict[str, Any]:
    return {
        **made_by(model, settings.air_below, settings.everywhere),
        "operating_point": settings.operating_point.to_json(),
        "vertebrae": settings.vertebrae.to_json(),
        "overlay": settings.overlay,
        "worklist": settings.worklist,
        "maps": settings.maps,
    }


def _is_to_do(shard: Shard, retry_failed: bool) -> bool:
    tables = shard.read_tables()
    return tables is None or (retry_failed and bool(tables["failures"]))


def _report(output: Path, shards: list[Shard]) -> None:
    """Say how many cases failed, and what makes the tables.

    Raises:
        InputError: If cases failed.
    """
    failed = sum(read_tables(shard).count(FAILED) for shard in shards)
    sys.stdout.write(f"{output}: all shards are finished; vf_nnunet gather {output} makes the tables\n")
    if failed:
        raise InputError(
            f"{output}: {failed} CTs failed; vf_nnunet gather lists them in failures.csv, and --retry-failed does them "
            "once more"
        )

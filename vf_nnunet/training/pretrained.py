"""The weights that a training begins with (`nnUNetv2_train -pretrained_weights`): checked, and kept on record."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnunetv2.run import run_training
from nnunetv2.run.load_pretrained_weights import load_pretrained_weights as _stock_load

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.records.file_records import record_file
from vf_nnunet.network.dual_pathway import DualPathwayNet
from vf_nnunet.nnunet.checks import check_weights, read_checkpoint
from vf_nnunet.nnunet.fold_record import FOLD_OF_FILE, ORIGIN, PRETRAINED, cases_of_images, read_fold_record
from vf_nnunet.nnunet.folds import is_begun
from vf_nnunet.nnunet.normalisation import SCHEMES, used_statistics

_ORIGIN = "vf_nnunet_pretrained"
"""Attribute of a network: file and SHA-256 of the checkpoint that its first weights come from."""


def remember_pretrained_weights() -> None:
    """From now on, let nnU-Net's training command keep in the network which file its first weights come from.

    nnU-Net does not tell the trainer. No file of nnU-Net is changed: the function is replaced in the running process.
    """
    for module in (run_training, sys.modules["__main__"]):
        if hasattr(module, "load_pretrained_weights"):
            setattr(module, "load_pretrained_weights", _load)  # noqa: B010


def _load(network: Any, fname: str, verbose: bool = False) -> None:
    """Replaces nnU-Net's `load_pretrained_weights`.

    Raises:
        InputError: If the file is missing or damaged, or holds the weights of another network.
    """
    plain = getattr(network, "_orig_mod", network)
    if isinstance(plain, DualPathwayNet):
        path = Path(fname)
        record, checkpoint = record_file(path), read_checkpoint(path)
        check_weights(path, checkpoint.get("network_weights", {}), plain)
        # A checkpoint that was made of a model says of which one.
        own = {"file": str(path.absolute()), "sha256": record.sha256}
        setattr(plain, _ORIGIN, checkpoint.get(ORIGIN, own))
    _stock_load(network, fname, verbose=verbose)


def pretrained_from(network: Any) -> dict[str, str] | None:
    """File and SHA-256 of the checkpoint that a network's first weights come from; None if they were drawn."""
    origin: dict[str, str] | None = getattr(network, _ORIGIN, None)
    return origin


def check_beginning(folder: Path, origin: Mapping[str, str] | None) -> None:
    """Check that a training that begins anew has the pretrained weights of the one that was interrupted.

    nnU-Net begins anew, from random weights, where `--c` finds no checkpoint.

    Args:
        folder: Folder of the fold.
        origin: From `pretrained_from`.

    Raises:
        InputError: If the fold began with pretrained weights, has no checkpoint yet, and would now begin without them.
    """
    recorded = (read_fold_record(folder) or {}).get(PRETRAINED)
    if recorded and origin is None and not is_begun(folder):
        option = "vf_nnunet train --from" if FOLD_OF_FILE in recorded else "-pretrained_weights"
        raise InputError(
            f"{folder}: began with the weights {recorded['file']} and has no checkpoint yet; expected "
            f"{option} {recorded['file']} again, or delete this folder to train without them"
        )


def seen_cases(origin: Mapping[str, str], content: Mapping[str, Any]) -> list[str]:
    """The outer cases of a fold on whose images its pretrained weights were trained, as far as that is recorded.

    Args:
        origin: From `pretrained_from`.
        content: From `fold_content`.
    """
    # The cases of a model file are not known.
    before = None if FOLD_OF_FILE in origin else read_fold_record(Path(origin["file"]).parent)
    if before is None:
        return []
    trained = cases_of_images(before, "train")
    return sorted(case for case, image in cases_of_images(content, "val").items() if image in trained.values())


def normalisation_warning(origin: Mapping[str, str], plans: Mapping[str, Any], configuration: str) -> str | None:
    """What is wrong with pretrained weights of another normalisation; None if it is the same or not known.

    Args:
        origin: From `pretrained_from`.
        plans: Of the training that begins.
        configuration: Its configuration.
    """
    if FOLD_OF_FILE in origin:
        # Compared by `vf_nnunet train`, which alone begins with model files.
        return None
    begun = read_checkpoint(Path(origin["file"])).get("init_args", {})
    plans_before = begun.get("plans", {})
    trained = plans_before.get("configurations", {}).get(begun.get("configuration"), {}).get(SCHEMES)
    planned = plans["configurations"][configuration][SCHEMES]
    numbers = used_statistics(plans_before, begun.get("configuration", "")), used_statistics(plans, configuration)
    if trained is None or (trained == planned and numbers[0] == numbers[1]):
        return None
    before, now = (f"{schemes} {own or ''}".rstrip() for schemes, own in zip((trained, planned), numbers, strict=True))
    return (
        f"WARNING: {origin['file']} was trained with the normalisation {before}; expected {now}, as in these plans, "
        "because its first layers read other intensities: plan with the same --normalisation"
    )


def seen_warning(origin: Mapping[str, str], cases: list[str]) -> str:
    """What is wrong with pretrained weights that have seen outer cases."""
    return (
        f"WARNING: {origin['file']} was trained on outer cases of this fold ({shortened_list(cases, 5)}); expected "
        "weights of other patients: the fold's predictions are not out of fold, and its AUC will be too high"
    )

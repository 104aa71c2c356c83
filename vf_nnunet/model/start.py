"""The weights of a trained model with which the training of a fold begins (`vf_nnunet train --from`)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.file_records import record_file
from vf_nnunet.inference.preprocessing import plans_entries
from vf_nnunet.inference.trained_weights import Weights, unfolded_weights, weight_shapes
from vf_nnunet.model.default_model import PHANTOM, model_path
from vf_nnunet.model.model_file import read_model_file
from vf_nnunet.model.model_folder import checkpoint_paths
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.checkpoint_arrays import read_checkpoint_arrays
from vf_nnunet.nnunet.fold_record import DATASET_FILE, FOLD_OF_FILE, ORIGIN
from vf_nnunet.nnunet.names import ALL, PLANS, TRAINER, Fold, class_count
from vf_nnunet.nnunet.normalisation import describe_normalisation

CHECKPOINT_ENDING = ".pth"
COMPARED = ("spacing", "normalization_schemes", "foreground_intensity_properties_per_channel")
"""Entries of the plans on which the intensities depend that a network reads."""


@dataclass(frozen=True)
class Start:
    """Weights with which the training of a fold begins.

    Attributes:
        origin: What the fold's record says of them: file, its SHA-256 and, of a model file, the fold in it.
        weights: Arrays by torch's names.
        preprocessing: The entries of the plans that the weights were trained with (`plans_entries`).
    """

    origin: Mapping[str, str]
    weights: Weights
    preprocessing: Mapping[str, Any]

    def check(self, plans: Mapping[str, Any], description: Mapping[str, Any], configuration: str) -> None:
        """Check that a network of the plans can begin with the weights.

        Args:
            plans: Of the training that begins.
            description: Content of its `dataset.json`.
            configuration: The configuration that is trained.

        Raises:
            InputError: If the network, its channels and classes, or the intensities that it reads differ.
        """
        file, labels = self.origin["file"], list(description["labels"])
        kwargs = plans["configurations"][configuration]["architecture"]["arch_kwargs"]
        architecture = Architecture.from_kwargs(kwargs, "plans")
        expected = weight_shapes(architecture, len(description["channel_names"]), class_count(labels))
        found = {name: tuple(values.shape) for name, values in self.weights.items()}
        differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        problems = []
        if differing:
            name = differing[-1]
            problems.append(
                f"{file}: weights of another network: {name} is {found.get(name, 'missing')}; expected "
                f"{expected.get(name, 'none')} for {configuration} with the classes {', '.join(labels)}"
            )
        before, now = self.preprocessing, plans_entries(plans, configuration)
        if any(before.get(entry) != now.get(entry) for entry in COMPARED):
            problems.append(
                f"{file}: trained with {_intensities(before)}; expected {_intensities(now)}, as in the plans, because "
                "the first layers read these intensities: plan again, or train without --from"
            )
        if problems:
            raise InputError(problems)

    @contextmanager
    def checkpoint(self) -> Iterator[Path]:
        """Yield a checkpoint for `nnUNetv2_train -pretrained_weights`, which is removed when the block ends."""
        import torch

        with TemporaryDirectory(prefix="vf_nnunet-start-") as folder:
            path = Path(folder) / f"start{CHECKPOINT_ENDING}"
            weights = {name: torch.from_numpy(values.copy()) for name, values in self.weights.items()}
            torch.save({"network_weights": weights, ORIGIN: dict(self.origin)}, path)
            yield path


def _intensities(entries: Mapping[str, Any]) -> str:
    spacing = "x".join(f"{float(mm):g}" for mm in entries.get("spacing") or ())
    return f"{describe_normalisation(entries)} at {spacing} mm"


def find_starts(source: str, folds: Sequence[Fold]) -> dict[Fold, Start]:
    """The weights with which each of some folds begins: fold k begins with fold k of the model.

    A model with fewer folds gives them in turn, and the fold "all" begins with the model's first one.

    Args:
        source: `PHANTOM`, a model file, nnU-Net's folder of a model, or a checkpoint.
        folds: The folds to train.

    Raises:
        InputError: If there is no such model, or it cannot be read, or its file holds no batch normalisation.
    """
    path = model_path(source).absolute()
    if path.is_dir():
        return _of_checkpoints(checkpoint_paths(path, None), folds)
    if not path.is_file():
        raise InputError(
            f"--from {source}: no such file or folder; expected {PHANTOM}, a .vf file, a model's folder or a checkpoint"
        )
    return _of_checkpoints([path], folds) if path.suffix == CHECKPOINT_ENDING else _of_file(path, folds)


def check_starts(starts: Mapping[Fold, Start], preprocessed: Path, configuration: str) -> None:
    """Check each start against the plans of a dataset (`Start.check`).

    Args:
        starts: From `find_starts`.
        preprocessed: nnU-Net's folder of the preprocessed dataset.
        configuration: The configuration that is trained.

    Raises:
        InputError: If one does not fit; all problems at once.
    """
    plans, description = (
        json.loads((preprocessed / name).read_text(encoding="utf-8")) for name in (f"{PLANS}.json", DATASET_FILE)
    )
    problems: dict[str, None] = {}
    for start in starts.values():
        try:
            start.check(plans, description, configuration)
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise InputError(list(problems))


def _in_turn(fold: Fold, count: int) -> int:
    """The place of the model's fold with which a fold begins."""
    return 0 if fold == ALL else int(fold) % count


def _of_file(path: Path, folds: Sequence[Fold]) -> dict[Fold, Start]:
    model = read_model_file(path)
    unknown = [name for name in model.ensemble.folds if name not in model.normalisations]
    if unknown:
        raise InputError(
            f"{path}: no batch normalisation of fold {', '.join(unknown)}, with which a training begins; expected a "
            "file of vf_nnunet 0.1 or later: export the model again, or give its folder"
        )
    digest, starts = record_file(path).sha256, {}
    for fold in folds:
        place = _in_turn(fold, len(model.ensemble.folds))
        name = model.ensemble.folds[place]
        origin = {"file": str(path), "sha256": digest, FOLD_OF_FILE: name}
        weights = unfolded_weights(model.ensemble.weights[place], model.normalisations[name])
        starts[fold] = Start(origin, weights, model.card.preprocessing)
    return starts


def _of_checkpoints(paths: Sequence[Path], folds: Sequence[Fold]) -> dict[Fold, Start]:
    used = {path: _of_checkpoint(path) for path in {paths[_in_turn(fold, len(paths))] for fold in folds}}
    return {fold: used[paths[_in_turn(fold, len(paths))]] for fold in folds}


def _of_checkpoint(path: Path) -> Start:
    origin = {"file": str(path), "sha256": record_file(path).sha256}
    checkpoint = read_checkpoint_arrays(path)
    begun = checkpoint.get("init_args", {})
    plans, configuration = begun.get("plans", {}), begun.get("configuration")
    if configuration not in plans.get("configurations", {}):
        raise InputError(f"{path}: does not say with which plans it was trained; expected a checkpoint of {TRAINER}")
    return Start(origin, checkpoint["network_weights"], plans_entries(plans, configuration))

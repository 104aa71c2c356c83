"""The record of what a fold's model was trained from, so that a model of other data is not taken for it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.labels import FRACTURE_GRADE_KEY
from vf_nnunet.nnunet.dataset_record import PARTS, RECORD_FILE, describe_files, read_dataset_record
from vf_nnunet.nnunet.names import PLANS, RETIRED_SETTINGS, fold_of
from vf_nnunet.nnunet.normalisation import used_statistics
from vf_nnunet.nnunet.splits import SPLITS_FILE, chosen_split, planned_inner_cases

EPOCHS = "training.epochs"
"""The only setting that may change while a training is interrupted, so that it can be extended."""
PRETRAINED = "pretrained"
"""Key of a fold's record: file and SHA-256 of the weights that the training began with; None if they were drawn."""
FOLD_OF_FILE = "fold"
"""Key of that entry for weights from a model file: the name of the fold in it."""
ORIGIN = "vf_nnunet_origin"
"""Key of a checkpoint that was made of a model for `-pretrained_weights`: what folds that begin with it record."""
DRAWN = "drawn"
"""Key of a fold's record: the inner validation cases that the training drew, empty where the converter chose them."""
PREDICTED_BY = "predicted_by"
"""Key of a fold's record: name of the checkpoint that predicted the outer cases."""
FIRST_CHANNEL = "_0000.nii.gz"
"""End of the name of a case's CT in `imagesTr`."""
DATASET_FILE = "dataset.json"
UNUSED = ("median_image_size_in_voxels", "data_identifier")
"""Entries of a planned configuration that neither the training nor the prediction uses."""


def fold_content(
    preprocessed: Path, plans: Mapping[str, Any], configuration: str, fold: int | str, cases: Sequence[str] = ()
) -> dict[str, Any]:
    """What a fold would be trained from now, as its record holds it.

    Args:
        preprocessed: nnU-Net's folder of the preprocessed dataset.
        plans: Content of the plans.
        configuration: The configuration that is trained.
        fold: Index of the fold, or "all".
        cases: All preprocessed cases, for the fold "all".

    Returns:
        `files`, the SHA-256 of each raw image and label, None if `vf_nnunet plan` did not record it; `train`, `val` and
        `inner`, case ids; `plans`, the settings of the training, the configuration and the classes by name.
    """
    split = chosen_split(preprocessed / SPLITS_FILE, int(fold)) if fold != "all" else {"train": cases, "val": cases}
    used = {*split["train"], *split["val"]}
    records = read_dataset_record(preprocessed)
    configured = {key: value for key, value in plans["configurations"][configuration].items() if key not in UNUSED}
    intensities = {"intensities": used_statistics(plans, configuration)}
    settings = _flat({"training": plans.get("training", {}), configuration: configured, **intensities})
    settings |= _classes_of(preprocessed / DATASET_FILE)
    return {
        "files": None
        if records is None
        else {name: record.sha256 for name, record in sorted(records.items()) if _case_of(name) in used},
        "train": sorted(split["train"]),
        "val": sorted(split["val"]),
        "inner": sorted(planned_inner_cases(preprocessed, fold)),
        # As JSON gives them back: tuples become lists.
        "plans": json.loads(json.dumps(settings)),
    }


def _classes_of(path: Path) -> dict[str, Any]:
    """The classes of a `dataset.json`, which decide the network's outputs and its maps; empty without the file."""
    if not path.is_file():
        return {}
    description = json.loads(path.read_text(encoding="utf-8"))
    return {"labels": description.get("labels"), FRACTURE_GRADE_KEY: description.get(FRACTURE_GRADE_KEY, 1)}


def planned_content(preprocessed: Path, configuration: str, fold: int | str) -> dict[str, Any]:
    """`fold_content` by the plans and cases in the folder of the preprocessed dataset."""
    plans = json.loads((preprocessed / f"{PLANS}.json").read_text(encoding="utf-8"))
    data = preprocessed / plans["configurations"][configuration].get("data_identifier", "")
    return fold_content(preprocessed, plans, configuration, fold, sorted(path.stem for path in data.glob("*.pkl")))


def write_fold_record(folder: Path, content: dict[str, Any]) -> None:
    """Write `made_from.json` of a fold."""
    write_json(folder / RECORD_FILE, content)


def read_fold_record(folder: Path) -> dict[str, Any] | None:
    """What a fold was trained from; None if that was not recorded.

    Raises:
        InputError: If the record is not one of `write_fold_record`.
    """
    path = folder / RECORD_FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); train the fold anew") from error
    if not isinstance(content, dict) or not content.keys() >= {"files", "train", "val", "inner", "plans"}:
        raise InputError(f"{path}: not the record of a fold; train the fold anew")
    return content


def check_fold(folder: Path, content: Mapping[str, Any], finished: bool) -> bool:
    """Check that a fold was trained from what it would be trained from now.

    Args:
        folder: nnU-Net's folder of the fold.
        content: From `fold_content`.
        finished: Whether its training has ended; otherwise the number of epochs may differ.

    Returns:
        Whether that is known: False if the fold or the dataset has no record.

    Raises:
        InputError: If anything differs.
    """
    recorded = read_fold_record(folder)
    if recorded is None:
        return False
    found = differences(recorded, content)
    if not finished:
        found = [text for text in found if not text.startswith(f"{EPOCHS} ")]
    if found:
        raise InputError(
            f"{folder}: trained from something else than now: {'; '.join(found)}; restore that, or delete this folder "
            "to train the fold anew"
        )
    return recorded["files"] is not None and content["files"] is not None


def check_recorded(folder: Path, preprocessed: Path, configuration: str, fold: int, finished: bool) -> None:
    """As `check_fold` by the plans of the preprocessed dataset; a fold without a record passes.

    Raises:
        InputError: If anything differs.
    """
    if read_fold_record(folder) is not None:
        check_fold(folder, planned_content(preprocessed, configuration, fold), finished)


def cases_of_images(content: Mapping[str, Any], part: str) -> dict[str, str]:
    """SHA-256 of the first image of each case in a part of a fold's record; empty if it was not recorded.

    Args:
        content: Of the record.
        part: "train", "val" or "inner".
    """
    cases = set(content[part])
    images = (
        (name, digest) for name, digest in (content["files"] or {}).items() if PARTS[name.partition("/")[0]] == "images"
    )
    return {
        _case_of(name): digest for name, digest in images if _case_of(name) in cases and name.endswith(FIRST_CHANNEL)
    }


def check_drawn(folder: Path, drawn: Sequence[str]) -> None:
    """Check that a training that continues draws the inner validation cases with which it began.

    Args:
        folder: nnU-Net's folder of the fold.
        drawn: The cases that are drawn now.

    Raises:
        InputError: If they differ.
    """
    before = (read_fold_record(folder) or {}).get(DRAWN)
    if before is not None and set(before) != set(drawn):
        changed = sorted(set(before) ^ set(drawn))
        raise InputError(
            f"{folder}: began with other inner validation cases ({', '.join(changed)} differ); expected the same "
            "patients: restore vertebrae.csv in nnUNet_raw and splits_inner.json, or delete this folder to train the "
            "fold anew"
        )


def check_agreement(folders: Sequence[Path]) -> None:
    """Check that the folds of a model were trained from the same files with the same settings, as far as is recorded.

    Raises:
        InputError: If two folds differ.
    """
    recorded = [(folder, record) for folder in folders if (record := read_fold_record(folder)) is not None]
    problems = []
    for folder, record in recorded[1:]:
        first, reference = recorded[0]
        found = [*_changed_files(reference, record, shared=True), *_changed_settings(reference, record)]
        if found:
            problems.append(
                f"{folder}: trained from something else than {first.name}: {'; '.join(found)}; expected folds of "
                "the same data and plans: train one of them anew, or choose folds"
            )
    if problems:
        raise InputError(problems)


def outdated_folds(folders: Sequence[Path], preprocessed: Path) -> list[str]:
    """A text for each fold of a model that was trained from other data or plans than its dataset has now.

    Args:
        folders: Folders of the folds.
        preprocessed: nnU-Net's folder of the model's dataset, which need not exist on this machine.
    """
    texts: list[str] = []
    if not (preprocessed / f"{PLANS}.json").is_file():
        return texts
    for folder in folders:
        if read_fold_record(folder) is None:
            continue
        configuration = folder.resolve().parent.name.rpartition("__")[2]
        try:
            check_fold(folder, planned_content(preprocessed, configuration, fold_of(folder)), finished=True)
        except InputError as error:
            texts += error.problems
    return texts


def differences(recorded: Mapping[str, Any], content: Mapping[str, Any]) -> list[str]:
    """How two contents of a fold's record differ, one text each."""
    found = _changed_files(recorded, content)
    for part, name in (("train", "training"), ("val", "outer"), ("inner", "inner validation")):
        changed = sorted(set(recorded[part]) ^ set(content[part]))
        if changed:
            found.append(f"{name} cases differ ({', '.join(changed)})")
    return found + _changed_settings(recorded, content)


def _changed_files(recorded: Mapping[str, Any], content: Mapping[str, Any], shared: bool = False) -> list[str]:
    """The files that differ; if `shared`, only those that both contents have."""
    before, now = recorded["files"], content["files"]
    if before is None or now is None:
        return []
    names = before.keys() & now.keys() if shared else before.keys() | now.keys()
    changed = [name for name in names if before.get(name) != now.get(name)]
    return [f"{describe_files(changed)} changed"] if changed else []


def _changed_settings(recorded: Mapping[str, Any], content: Mapping[str, Any]) -> list[str]:
    """The settings that differ; one that only another version knows is left aside, unless it is a retired one."""
    before, now = recorded["plans"], content["plans"]
    retired = {f"training.{name}" for name in RETIRED_SETTINGS} & (before.keys() ^ now.keys())
    return [
        *(f"{name} {before[name]}, now {now[name]}" for name in before if name in now and before[name] != now[name]),
        *(f"{name} {before.get(name, 'none')}, now {now.get(name, 'none')}" for name in sorted(retired)),
    ]


def _case_of(name: str) -> str:
    """The case of a file in a raw dataset: images end in the number of their channel."""
    part, _, file = name.partition("/")
    stem = file.removesuffix(".nii.gz")
    return stem.rpartition("_")[0] if PARTS[part] == "images" else stem


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by their path, such as `training.epochs`."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat

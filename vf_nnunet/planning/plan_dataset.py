"""Plan and preprocess a raw dataset, and give it folds."""

import shutil
import sys
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.vertebra_table import TABLE_FILE
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.nnunet.dataset_record import RECORD_FILE, write_dataset_record
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, DEFAULT_NORMALISATION, PLANS, Normalisation
from vf_nnunet.nnunet.normalisation import STATISTICS, IntensityScale, plan_intensities
from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder
from vf_nnunet.nnunet.splits import INNER_SPLITS_FILE, SPLITS_FILE, read_splits
from vf_nnunet.planning.dataset_check import check_dataset
from vf_nnunet.planning.raw_case import FILE_ENDING, LABEL_FOLDER
from vf_nnunet.training.settings import TrainingSettings

REFERENCES = "gt_segmentations"
"""nnU-Net's folder of the labels, with which it evaluates predictions."""
PREPROCESSED_CASES = f"{PLANS}_{DEFAULT_CONFIGURATION}"
"""nnU-Net's folder of the preprocessed cases; all configurations share them."""
FOLDS = 5
"""nnU-Net's default number of folds."""


def plan_dataset(
    dataset_id: int,
    settings: TrainingSettings,
    processes: int,
    gpu_memory_gb: float | None = None,
    normalisation: Normalisation = DEFAULT_NORMALISATION,
) -> None:
    """Extract the fingerprint, plan and preprocess, with the files and numbers of nnU-Net's own commands.

    Each case is read once, or twice where the normalisation depends on all of them. Cases that are preprocessed already
    are kept if nothing about them has changed. A dataset that was not converted and has no folds gets nnU-Net's
    own, which are drawn by case.

    Args:
        dataset_id: nnU-Net's number of the dataset.
        settings: Settings of the training, kept in the plans.
        processes: Worker processes.
        gpu_memory_gb: Memory of the GPU to plan for, in GB; None for this machine.
        normalisation: How the intensities are normalised.

    Raises:
        InputError: If a folder is not set, the dataset does not exist or cannot be planned (`check_dataset`), its
            folds differ from those already in use, or the memory is too small for a training step.
    """
    name = dataset_name(dataset_id)
    raw = nnunet_folder("nnUNet_raw") / name
    preprocessed = nnunet_folder("nnUNet_preprocessed") / name
    description = check_dataset(raw)
    _check_folds(raw, preprocessed)

    from vf_nnunet.planning.fingerprint import write_fingerprint
    from vf_nnunet.planning.machine import planned_machine
    from vf_nnunet.planning.planner import SPACING_MM, VFPlanner, planned_segments
    from vf_nnunet.planning.preprocess_cases import case_plan, preprocess_cases

    machine = planned_machine(gpu_memory_gb)
    segments = planned_segments(description, machine)
    sys.stdout.write(f"{machine}; {segments}\n")
    # Without its record, a dataset that is interrupted half-way counts as not planned from the present files.
    (preprocessed / RECORD_FILE).unlink(missing_ok=True)
    patch_size = ARCHITECTURES[DEFAULT_CONFIGURATION].segment_size(segments.predicted)
    scales = _scales(raw, preprocessed, description, processes, normalisation)
    plan = case_plan(description, [SPACING_MM] * 3, patch_size, scales)
    cases = preprocess_cases(raw, preprocessed / PREPROCESSED_CASES, description, plan, processes)
    for warning in (warning for case in cases for warning in case.warnings):
        sys.stderr.write(f"warning: {warning}\n")
    write_fingerprint(preprocessed, [case.summary for case in cases])
    VFPlanner(name, gpu_memory_gb, training=settings, normalisation=normalisation).plan_experiment()
    _copy_references(raw, preprocessed)
    for file in (SPLITS_FILE, INNER_SPLITS_FILE):
        if (raw / file).is_file():
            shutil.copy(raw / file, preprocessed / file)
    _split_by_cases(raw, preprocessed)
    files = {name: file for case in cases for name, file in case.files.items()}
    write_dataset_record(preprocessed, {name: files[name] for name in sorted(files)})


def _scales(
    raw: Path, preprocessed: Path, description: dict[str, Any], processes: int, normalisation: Normalisation
) -> tuple[IntensityScale | None, ...]:
    """The normalisation of each channel; None for a z-score over the image."""
    statistics: dict[str, dict[str, float]] = {}
    if normalisation is Normalisation.FOREGROUND:
        from vf_nnunet.planning.fingerprint import fingerprint
        from vf_nnunet.planning.preprocess_cases import summarise_cases

        statistics = fingerprint(preprocessed, summarise_cases(raw, description, processes))[STATISTICS]
    return plan_intensities(normalisation, description["channel_names"], statistics).scales


def _copy_references(raw: Path, preprocessed: Path) -> None:
    """Copy the labels, with which nnU-Net evaluates predictions, in place of those of an earlier plan."""
    shutil.rmtree(preprocessed / REFERENCES, ignore_errors=True)
    (preprocessed / REFERENCES).mkdir()
    for path in sorted((raw / LABEL_FOLDER).glob(f"*{FILE_ENDING}")):
        shutil.copy2(path, preprocessed / REFERENCES / path.name)


def _check_folds(raw: Path, preprocessed: Path) -> None:
    """Check that the folds of the raw dataset are those already in use."""
    new, used = raw / SPLITS_FILE, preprocessed / SPLITS_FILE
    if new.is_file() and used.is_file() and read_splits(new) != read_splits(used):
        raise InputError(
            f"{used}: differs from {new}; models may have been trained on the former; delete it to use the latter"
        )


def _split_by_cases(raw: Path, preprocessed: Path) -> None:
    """Write nnU-Net's own folds for a dataset that was not converted, so that its patients are unknown."""
    from nnunetv2.utilities.crossval_split import generate_crossval_split

    splits = preprocessed / SPLITS_FILE
    cases = sorted(path.name.removesuffix(FILE_ENDING) for path in (raw / "labelsTr").glob(f"*{FILE_ENDING}"))
    if splits.is_file() or (raw / TABLE_FILE).is_file() or len(cases) < FOLDS:
        return
    write_json(splits, generate_crossval_split(cases, n_splits=FOLDS))
    sys.stdout.write(
        f"{splits}: {FOLDS} folds drawn by case, as in nnU-Net, regardless of patients; if a patient has several "
        f"cases, write folds by patient to {raw / SPLITS_FILE}, delete this file and plan again\n"
    )

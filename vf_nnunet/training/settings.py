"""Every number of the training, with its source."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import (
    BACKGROUND_NAME,
    FRACTURE_GRADE_NAMES,
    FRACTURE_NAME,
    NORMAL_NAME,
)
from dataset_conversion.spine.settings import settings
from vf_nnunet.nnunet.names import RETIRED_SETTINGS

PLANS_KEY = "training"
"""Entry of the plans that holds the settings."""
HELD_BYTES = 10**9
"""Bytes of decompressed cases that each of the two streams of the training process keeps in memory. Two thirds of the
time to load a batch is their decompression. Worker processes keep none, since each would have its own copy."""
Share = Annotated[float, Field(ge=0, lt=1)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


@settings
class TrainingSettings:
    """The training of the paper and, where it gives no value, the defaults of DeepMedic v0.7, on which it was based.

    The plans file holds the settings under "training", where they can be edited. nnU-Net copies the plans into every
    checkpoint.
    """

    epochs: PositiveInt = 35
    """Number of epochs (DeepMedic)."""
    iterations_per_epoch: PositiveInt = 250
    """Batches per epoch (nnU-Net). At 24 segments per batch, 35 epochs see 210,000 segments (DeepMedic: 700,000)."""
    validation_iterations: PositiveInt = 10
    """Batches of the inner validation, which has the same segments in every epoch."""
    inner_validation_fraction: Fraction = 0.15
    """Share of the training patients that is set aside for the learning rate and the choice of the model (paper,
    section 4). It is used only where the converter's `splits_inner.json` does not fit the fold; the log says so.
    Without `vertebrae.csv` in nnUNet_raw, patients are unknown and cases are drawn."""
    learning_rate: PositiveFloat = 1e-3
    """Initial learning rate (paper; DeepMedic)."""
    decay: Share = 0.9
    """Decay of the squared gradients in RMSprop (DeepMedic's rho)."""
    epsilon: PositiveFloat = 1e-4
    """Added to the squared gradients inside RMSprop's root (DeepMedic)."""
    momentum: Share = 0.6
    """Nesterov momentum (DeepMedic)."""
    momentum_normalised: bool = True
    """Whether a step is scaled by 1 - momentum (DeepMedic), so that momentum does not lengthen the steps."""
    gradient_clip: NonNegativeFloat = 12.0
    """Norm to which the gradient of all weights together is clipped (nnU-Net); 0 does not clip, as in DeepMedic."""
    l1: NonNegativeFloat = 1e-6
    """Weight of the sum of absolute convolution weights (DeepMedic)."""
    l2: NonNegativeFloat = 1e-4
    """Weight of the sum of squared convolution weights (DeepMedic)."""
    schedule: Literal["auto", "poly"] = "auto"
    """"auto" lowers the learning rate on plateaus of the inner validation (paper); "poly" lowers it steadily to the end
    of a training that is too short for plateaus. Both are DeepMedic's."""
    patience: PositiveInt = 5
    """For "auto": epochs without a better validation before the learning rate is lowered (default of DeepMedic's code;
    its shipped configurations have 10)."""
    plateau_factor: Fraction = 0.5
    """For "auto": factor on the learning rate at a plateau (DeepMedic; the paper gives none)."""
    stop_patience: NonNegativeInt = 15
    """For "auto": epochs without a better validation before the training ends, by default five at a quarter of the
    learning rate; 0 never ends early, as in DeepMedic. The paper stops by its 15% inner validation without saying how.
    "poly" always trains to its last epoch."""
    poly_waiting_share: Share = 1 / 3
    """For "poly": share of the epochs before the learning rate begins to fall (DeepMedic)."""
    poly_exponent: PositiveFloat = 0.9
    """For "poly": exponent of (1 - x), the factor on the initial learning rate; x goes from 0 to 1 over the other
    epochs (DeepMedic)."""
    final_model: Literal["best", "last"] = "best"
    """"best" keeps the epoch that was best in the inner validation (ours); "last" keeps the last epoch, as nnU-Net
    does, for a training so short that a validation on few patients cannot tell the epochs apart."""
    dropout: Share = 0.5
    """Dropout before the second 1x1x1 layer and the classifier (DeepMedic); it slows down the first few hundred
    batches."""
    normalisation_momentum: Fraction = 0.1
    """Weight of a new batch in batch normalisation's running statistics. DeepMedic uses the plain mean of the last 60
    batches, which lags by 30 batches on average; after a short training on phantoms that cost a fold up to 0.07 in
    AUC."""
    background_share: PositiveFloat = 1.0
    """Share of the segments that are centred on background, relative to the shares of the other classes. Any other
    label of the dataset has 1, and the share of a class that no case has goes to the others (paper: weighted;
    DeepMedic: equal)."""
    near_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the segments of background that are centred near a vertebra, where discs, endplates, arches and the
    heads of ribs are; 0 draws them from the whole image (paper: not stated; DeepMedic: the whole image)."""
    near_distance: PositiveInt = 20
    """Largest distance of these centres in voxels, along each axis, from a labelled voxel of a vertebra."""
    normal_share: PositiveFloat = 1.0
    """Share of the segments that are centred on a normal vertebra."""
    fracture_share: PositiveFloat = 1.0
    """Share of the segments that are centred on a fractured vertebra. Where each grade has a class, the grades that
    occur have equal parts of it."""
    flip_probability: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Probability that a segment is flipped, for each of the three axes."""
    shift_sd: NonNegativeFloat = 0.05
    """Standard deviation of the shift added to a segment's intensities (DeepMedic with three pathways; with two: 0)."""
    scale_sd: NonNegativeFloat = 0.01
    """Standard deviation of the factor, around 1, on a segment's intensities (DeepMedic with three pathways; with two:
    0)."""
    voxel_noise_sd: NonNegativeFloat = 0.0
    """Standard deviation of the noise added to each voxel; 0 adds none, as in DeepMedic."""
    seed: NonNegativeInt = 2019
    """Seed of the initial weights, the segments, the augmentation and the inner validation."""

    def class_shares(self, labels: Mapping[str, int]) -> dict[tuple[int, ...], float]:
        """Relative share of each label, or group of labels, among the segments' centres.

        Args:
            labels: Labels of `dataset.json` by name; those without a setting have 1. The fracture grades are a group.
        """
        grades = tuple(label for name, label in labels.items() if name in FRACTURE_GRADE_NAMES)
        shares = {
            BACKGROUND_NAME: self.background_share,
            NORMAL_NAME: self.normal_share,
            FRACTURE_NAME: self.fracture_share,
        }
        found: dict[tuple[int, ...], float] = {
            (label,): shares.get(name, 1.0) for name, label in labels.items() if label not in grades
        }
        return found | ({grades: self.fracture_share} if grades else {})

    @classmethod
    def from_plans(cls, plans: Mapping[str, Any]) -> "TrainingSettings":
        """The settings in nnU-Net plans; missing ones have their default, and retired ones are left out.

        Raises:
            InputError: If a setting does not exist or its value is outside its limits.
        """
        given = {name: value for name, value in plans.get(PLANS_KEY, {}).items() if name not in RETIRED_SETTINGS}
        try:
            return cls(**given)
        except InputError as error:
            raise InputError([f"plans: training setting {problem}" for problem in error.problems]) from error

    def to_plans(self) -> dict[str, Any]:
        """The settings as the plans file holds them."""
        return asdict(self)


def check_retired(plans: Mapping[str, Any]) -> None:
    """Check that no setting of an earlier version is in the plans of a training that is to run.

    Raises:
        InputError: If there is one.
    """
    problems = [f"plans: training setting {setting}: delete it and train all folds anew" for setting in _retired(plans)]
    if problems:
        raise InputError(problems)


def _retired(plans: Mapping[str, Any]) -> list[str]:
    """A text for each setting of an earlier version in plans."""
    return [
        f"{name} {value}; expected none, as training now reaches every voxel"
        for name, value in plans.get(PLANS_KEY, {}).items()
        if name in RETIRED_SETTINGS
    ]


def check_continuation(folder: Path, begun: dict[str, Any], plans: dict[str, Any], configuration: str) -> None:
    """Check that an interrupted training continues under the settings with which it began.

    The checkpoint brings the optimiser's numbers, the current plans all others; a change would mix the two. Only the
    number of epochs may change, so that a training can be extended.

    Args:
        folder: The fold's folder, for the message.
        begun: Content of the plans in the checkpoint.
        plans: Content of the current plans.
        configuration: The configuration that is trained.

    Raises:
        InputError: If a setting, the batch size or the patch size has changed, or the training began with a setting
            that only an earlier version has.
    """
    found, planned = _fixed_numbers(begun, configuration), _fixed_numbers(plans, configuration)
    problems = [f"{folder}: began with {setting}: train anew in an empty folder" for setting in _retired(begun)]
    problems += [
        f"{folder}: began with {name} {found[name]}, the plans now have {value}; restore it in the plans, or train "
        "anew in an empty folder"
        for name, value in planned.items()
        if found[name] != value
    ]
    if problems:
        raise InputError(problems)


def _fixed_numbers(plans: dict[str, Any], configuration: str) -> dict[str, Any]:
    """The numbers that may not change during a training."""
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    numbers = TrainingSettings.from_plans(plans).to_plans()
    del numbers["epochs"]
    planned = PlansManager(plans).get_configuration(configuration)
    return {**numbers, "batch_size": planned.batch_size, "patch_size": list(planned.patch_size)}

"""Every number of the training regime, with its source."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from math import inf
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import BACKGROUND_NAME, FRACTURE_NAME, NORMAL_NAME

PLANS_KEY = "training"
"""Entry of the plans that holds the settings."""
HELD_BYTES = 2**30
"""Bytes of decompressed cases that each of the two streams of the training process keeps in memory. Two thirds of the
time to load a batch is their decompression. Worker processes keep none, since each would have its own copy."""
SCHEDULES = ("auto", "poly")
FINAL_MODELS = ("best", "last")
COUNTS = ("epochs", "iterations_per_epoch", "validation_iterations", "patience")
COUNTS_OR_NONE = ("stop_patience", "reflected_border", "seed")
NOT_NEGATIVE = ("l1", "l2", "gradient_clip", "shift_sd", "scale_sd", "voxel_noise_sd")
POSITIVE = ("learning_rate", "epsilon", "poly_exponent", "background_share", "normal_share", "fracture_share")
BELOW_ONE = ("decay", "momentum", "dropout", "poly_waiting_share")
FRACTIONS = ("inner_validation_fraction", "plateau_factor", "normalisation_momentum")


def _whole(low: int) -> Callable[[Any], bool]:
    """Whether a value is a whole number from `low` on."""
    return lambda value: type(value) is int and value >= low


def _between(low: float, high: float = inf, *, above: bool = False) -> Callable[[Any], bool]:
    """Whether a value is a number from `low` on (or above it) and less than `high`."""
    return lambda value: _is_number(value) and (low < value if above else low <= value) and value < high


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


CHECKS: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    *((name, "a whole number, 1 or more", _whole(1)) for name in COUNTS),
    *((name, "a whole number, 0 or more", _whole(0)) for name in COUNTS_OR_NONE),
    *((name, "0 or more", _between(0)) for name in NOT_NEGATIVE),
    *((name, "more than 0", _between(0, above=True)) for name in POSITIVE),
    *((name, "0 or more and less than 1", _between(0, 1)) for name in BELOW_ONE),
    *((name, "more than 0 and less than 1", _between(0, 1, above=True)) for name in FRACTIONS),
    ("flip_probability", "from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1),
    ("momentum_normalised", "true or false", lambda value: isinstance(value, bool)),
    ("schedule", f"one of {', '.join(SCHEDULES)}", lambda value: value in SCHEDULES),
    ("final_model", f"one of {', '.join(FINAL_MODELS)}", lambda value: value in FINAL_MODELS),
)
"""Name of a setting, what is expected of it, and whether a value is that."""


@dataclass(frozen=True)
class TrainingSettings:
    """The regime of the paper; where it is silent, DeepMedic v0.7's defaults, which the paper's software had.

    The settings stand in the plans file under "training", where they can be edited; nnU-Net copies the plans into every
    checkpoint.
    """

    epochs: int = 35
    """DeepMedic: 35 epochs."""
    iterations_per_epoch: int = 250
    """nnU-Net's 250. With 24 segments a batch, 35 epochs see 210,000 segments; DeepMedic's 35 epochs see 700,000."""
    validation_iterations: int = 10
    """Batches of the inner validation, the same segments every epoch."""
    inner_validation_fraction: float = 0.15
    """Share of the training cases kept for annealing and model choice (paper, section 3.2), drawn blind to patients. It
    counts only where the converter's `splits_inner.json`, made by patients, does not fit the fold; the log says so."""
    learning_rate: float = 1e-3
    """Initial learning rate (paper; DeepMedic)."""
    decay: float = 0.9
    """RMSprop's decay of the squared gradients (DeepMedic's rho)."""
    epsilon: float = 1e-4
    """Inside the square root of RMSprop (DeepMedic)."""
    momentum: float = 0.6
    """Nesterov momentum (DeepMedic)."""
    momentum_normalised: bool = True
    """Whether a step is scaled by 1 - momentum (DeepMedic), so that momentum does not make the steps longer."""
    gradient_clip: float = 12.0
    """Longest gradient, all weights together; a longer one is shortened to it. nnU-Net's number; 0 for none, as
    DeepMedic."""
    l1: float = 1e-6
    """Weight of the sum of absolute convolution weights (DeepMedic)."""
    l2: float = 1e-4
    """Weight of the sum of squared convolution weights (DeepMedic)."""
    schedule: str = "auto"
    """"auto": the learning rate falls on plateaus of the inner validation (paper); "poly": it falls to the end of
    the training, for one too short to have plateaus. Both are DeepMedic's."""
    patience: int = 5
    """Of "auto": epochs without a better validation before the learning rate falls (DeepMedic's code default)."""
    plateau_factor: float = 0.5
    """Of "auto": on the learning rate at a plateau (paper: halved)."""
    stop_patience: int = 15
    """Of "auto": epochs without a better validation before the training ends, by default five at a quarter of the
    learning rate; 0 never ends early, as DeepMedic. The paper stops by its 15% without saying how. "poly" goes to its
    last epoch."""
    poly_waiting_share: float = 1 / 3
    """Of "poly": share of the epochs before the learning rate begins to fall (DeepMedic)."""
    poly_exponent: float = 0.9
    """Of "poly": the rate is (1 - x)^exponent of the initial one, x from 0 to 1 over the other epochs (DeepMedic)."""
    final_model: str = "best"
    """"best": of the epoch that was best in the inner validation (paper); "last": of the last epoch, as nnU-Net does,
    for a training too short for a few patients' validation to tell epochs apart."""
    dropout: float = 0.5
    """Before the second 1x1x1 layer and the classifier (DeepMedic); it slows down the first few hundred batches."""
    normalisation_momentum: float = 0.1
    """Weight of a new batch in batch normalisation's running statistics. DeepMedic keeps the plain mean of the last 60
    batches, which is 30 batches behind on average; after a short training that cost a fold up to 0.07 of AUC on
    phantoms."""
    background_share: float = 1.0
    """Of the segments that are centred on background, relative to the other classes' shares; a further label of the
    dataset has 1, and the share of a class that no case has goes to the others (paper: weighted; DeepMedic: equal)."""
    normal_share: float = 1.0
    """Of the segments that are centred on a normal vertebra."""
    fracture_share: float = 1.0
    """Of the segments that are centred on a fractured one."""
    flip_probability: float = 0.5
    """Of a segment's being flipped, for each of the three axes."""
    shift_sd: float = 0.05
    """Standard deviation of the shift added to a segment's intensities (DeepMedic)."""
    scale_sd: float = 0.01
    """Standard deviation of the factor, around 1, on a segment's intensities (DeepMedic)."""
    voxel_noise_sd: float = 0.0
    """Standard deviation of noise added to each voxel on its own; 0 for none, as DeepMedic."""
    reflected_border: int = 0
    """Voxels beyond the image that a segment may reach into, filled by reflection; 0 trains on real context only."""
    seed: int = 2019

    def __post_init__(self) -> None:
        """Refuse what cannot be trained with, all findings at once."""
        findings = [
            f"training setting {name}: {getattr(self, name)!r}, expected {wanted}"
            for name, wanted, holds in CHECKS
            if not holds(getattr(self, name))
        ]
        if findings:
            raise InputError(findings)

    def class_shares(self, labels: Mapping[str, int]) -> dict[int, float]:
        """Relative share of each label among the segments' centres.

        Args:
            labels: Labels of `dataset.json` by name; those without a setting have 1.
        """
        named = {
            BACKGROUND_NAME: self.background_share,
            NORMAL_NAME: self.normal_share,
            FRACTURE_NAME: self.fracture_share,
        }
        return {label: named.get(name, 1.0) for name, label in labels.items()}

    @classmethod
    def from_plans(cls, plans: dict[str, Any]) -> "TrainingSettings":
        """The settings in nnU-Net plans; missing ones have their default.

        Raises:
            InputError: If the plans name a setting that does not exist.
        """
        given = plans.get(PLANS_KEY, {})
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            raise InputError(f"plans: unknown training settings {', '.join(unknown)}")
        return cls(**given)

    def to_plans(self) -> dict[str, Any]:
        """The settings as they stand in the plans file."""
        return asdict(self)

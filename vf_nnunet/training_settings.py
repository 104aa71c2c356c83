"""Every number of the training regime, with its source."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from vf_nnunet.errors import PluginError

PLANS_KEY = "training"
SCHEDULES = ("auto", "poly")
FINAL_MODELS = ("best", "last")


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
    """Share of the training patients kept for annealing and model choice (paper, section 3.2)."""
    learning_rate: float = 1e-3
    """Initial learning rate (paper; DeepMedic)."""
    decay: float = 0.9
    """RMSprop's decay of the squared gradients (DeepMedic's rho)."""
    epsilon: float = 1e-4
    """Inside the square root of RMSprop (DeepMedic)."""
    momentum: float = 0.6
    """Nesterov momentum (DeepMedic), normalised: a step is scaled by 1 - momentum."""
    l1: float = 1e-6
    """Weight of the sum of absolute convolution weights (DeepMedic)."""
    l2: float = 1e-4
    """Weight of the sum of squared convolution weights (DeepMedic)."""
    schedule: str = "auto"
    """"auto": the learning rate is halved on plateaus of the inner validation (paper); "poly": it falls to the end of
    the training, for one too short to have plateaus. Both are DeepMedic's."""
    patience: int = 5
    """Of "auto": epochs without a better validation before the learning rate is halved (DeepMedic's code default)."""
    final_model: str = "best"
    """"best": of the epoch that was best in the inner validation (paper); "last": of the last epoch, as nnU-Net does,
    for a training too short for a few patients' validation to tell epochs apart."""
    dropout: float = 0.5
    """Before the second 1x1x1 layer and the classifier (DeepMedic); it slows down the first few hundred batches."""
    shift_sd: float = 0.05
    """Standard deviation of the shift added to a segment's intensities (DeepMedic)."""
    scale_sd: float = 0.01
    """Standard deviation of the factor, around 1, on a segment's intensities (DeepMedic)."""
    reflected_border: int = 0
    """Voxels beyond the image that a segment may reach into, filled by reflection; 0 trains on real context only."""
    seed: int = 2019

    def __post_init__(self) -> None:
        wrong = [
            name for name in ("epochs", "iterations_per_epoch", "validation_iterations") if getattr(self, name) < 1
        ]
        if wrong:
            raise PluginError(
                "\n".join(f"training setting {name}: {getattr(self, name)}, expected 1 or more" for name in wrong)
            )
        for name, choices in (("schedule", SCHEDULES), ("final_model", FINAL_MODELS)):
            if getattr(self, name) not in choices:
                raise PluginError(
                    f"training setting {name}: {getattr(self, name)!r}, expected one of {', '.join(choices)}"
                )
        if not 0 < self.inner_validation_fraction < 1:
            raise PluginError(
                f"training setting inner_validation_fraction: {self.inner_validation_fraction}, "
                "expected more than 0 and less than 1"
            )

    @classmethod
    def from_plans(cls, plans: dict[str, Any]) -> "TrainingSettings":
        """The settings in nnU-Net plans; missing ones have their default.

        Raises:
            PluginError: If the plans name a setting that does not exist.
        """
        given = plans.get(PLANS_KEY, {})
        unknown = sorted(set(given) - {field.name for field in fields(cls)})
        if unknown:
            raise PluginError(f"plans: unknown training settings {', '.join(unknown)}")
        return cls(**given)

    def to_plans(self) -> dict[str, Any]:
        """The settings as they stand in the plans file."""
        return asdict(self)

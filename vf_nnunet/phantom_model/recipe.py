"""Every number by which the model of the package is made."""

from dataclasses import field
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt

from dataset_conversion.phantom import VARIED, PhantomSettings
from dataset_conversion.spine.settings import settings
from vf_nnunet.nnunet.names import Fold, Normalisation
from vf_nnunet.phantom_model.run import RunSettings
from vf_nnunet.training.settings import TrainingSettings

LARGEST_BYTES = 3_000_000
"""Of a file of weights in the repository. A fold needs 0.93 MB."""
DATASET_ID = 702
DATASET_NAME = "VariedPhantoms"


def default_training() -> TrainingSettings:
    """The training: short enough for two cores, with more variation of the intensities than the paper's.

    Shifts and scales are in units of 400 HU. Scanners, kernels and contrast phases of the phantoms vary already. Half
    of the background is drawn near vertebrae, so that discs and arches are not taken for them.
    """
    return TrainingSettings(
        epochs=100,
        iterations_per_epoch=40,
        schedule="poly",
        final_model="last",
        shift_sd=0.1,
        scale_sd=0.1,
        voxel_noise_sd=0.05,
        near_share=0.5,
    )


@settings
class Recipe:
    """How the model is made. The same recipe gives the same model on the same machine, to the last digits of its sums.

    Attributes:
        seed: Of the phantoms.
        cases: Number of phantoms, of the cohort "varied".
        folds: Folds of a cross-validation that are trained and packed as an ensemble; "all" learns from all phantoms.
        training: Settings of the training. Its `seed` is that of the weights and segments.
    """

    seed: NonNegativeInt = 1
    cases: Annotated[PositiveInt, Field(ge=5)] = 100
    folds: tuple[Fold, ...] = (0,)
    training: TrainingSettings = field(default_factory=default_training)

    def run_settings(self, phantoms: PhantomSettings = VARIED) -> RunSettings:
        """The run that trains the model, always with fixed Hounsfield units."""
        described = {
            "seed": self.seed,
            "cases": self.cases,
            "folds": list(self.folds),
            "training": self.training.to_plans(),
        }
        return RunSettings(
            title="model",
            described=described,
            phantoms=phantoms,
            cases=self.cases,
            seed=self.seed,
            training=self.training,
            dataset_id=DATASET_ID,
            dataset_name=DATASET_NAME,
            folds=self.folds,
            normalisation=Normalisation.WINDOW,
        )

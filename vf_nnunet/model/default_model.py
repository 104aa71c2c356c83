"""The model that comes with the package: trained on phantoms only, and taken where no other is given."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.model.model import Model
from vf_nnunet.model.open_model import open_model

PHANTOM_FILE = Path(__file__).parent.parent / "phantom_model" / "phantom.vf"
"""The model; its card is beside it. `make model` makes both."""
PHANTOM = "phantom"
"""The word for this model where the option of a command takes a model or something else."""
CAUTION = (
    "This model was trained on phantoms only: it is for trying out and for proposing centres of vertebrae, not for "
    "finding fractures in patients."
)
"""What is said whenever the model is used, and what each of its results carries."""


def default_model_path() -> Path:
    """The file of the model that comes with the package.

    Raises:
        InputError: If this installation has none.
    """
    if not PHANTOM_FILE.is_file():
        raise InputError(f"{PHANTOM_FILE}: no model came with this installation; expected a model of your own")
    return PHANTOM_FILE


def model_path(source: str) -> Path:
    """The path that an option names: `PHANTOM` is the model that comes with the package.

    Raises:
        InputError: As for `default_model_path`.
    """
    return default_model_path() if source == PHANTOM else Path(source)


def open_default_model(folds: Sequence[str] | None = None) -> Model:
    """Read the model that comes with the package. Its card has the caution, whoever made the file.

    Args:
        folds: The folds to use; None uses all.

    Raises:
        InputError: If this installation has none, it cannot be read, or it lacks a fold.
    """
    model = open_model(default_model_path(), folds)
    return replace(model, card=replace(model.card, caution=model.card.caution or CAUTION))

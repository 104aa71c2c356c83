"""Whether a training goes on under the plans that it began with."""

from pathlib import Path
from typing import Any

from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from dataset_conversion.spine.errors import InputError
from vf_nnunet.training.settings import TrainingSettings


def check_continuation(folder: Path, begun: dict[str, Any], plans: dict[str, Any], configuration: str) -> None:
    """Raise InputError if the regime has changed; only the number of epochs may, so that a training can be longer.

    The checkpoint would bring the optimiser's numbers, today's plans all others: a mixture that no plans describe.

    Args:
        folder: The fold's, for the message.
        begun: Content of the plans in the checkpoint.
        plans: Content of today's.
    """
    found, wanted = _regime(begun, configuration), _regime(plans, configuration)
    findings = [
        f"{folder}: began with {name} {found[name]}, the plans now have {value}; restore it in the plans, or train "
        "anew in an empty folder"
        for name, value in wanted.items()
        if found[name] != value
    ]
    if findings:
        raise InputError(findings)


def _regime(plans: dict[str, Any], configuration: str) -> dict[str, Any]:
    settings = TrainingSettings.from_plans(plans).to_plans()
    del settings["epochs"]
    planned = PlansManager(plans).get_configuration(configuration)
    return {**settings, "batch_size": planned.batch_size, "patch_size": list(planned.patch_size)}

"""Whether nnU-Net plans are the plugin's own, before a training makes its first folder."""

from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.nnunet.names import CONFIGURATIONS, NETWORK_CLASS, PLANS, TRAINER


def check_plans(plans: dict[str, Any], configuration: str) -> None:
    """Raise InputError for plans that another planner made, or without this configuration.

    Args:
        plans: Content of a plans file.
        configuration: Its configuration that is to be trained.
    """
    name = plans.get("plans_name")
    configurations = plans.get("configurations", {})
    if configuration not in configurations:
        raise InputError(
            f"plans {name}: no configuration {configuration}; found {', '.join(configurations) or 'none'}, "
            f"wanted one of {', '.join(CONFIGURATIONS)}"
        )
    network = configurations[configuration].get("architecture", {}).get("network_class_name")
    if network != NETWORK_CLASS:
        raise InputError(
            f"plans {name}: made by {plans.get('experiment_planner_used')} for the network {network}; {TRAINER} trains "
            f"{NETWORK_CLASS}: run vf_nnunet plan, and train with -p {PLANS}"
        )

"""This model as an arm of the benchmark."""

from vf_nnunet.benchmark.arms import Arm, planned_configuration
from vf_nnunet.benchmark.length import Length, own_length, plans_of_length
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.names import PLANS, TRAINER
from vf_nnunet.nnunet.paths import dataset_name, nnunet_folder


def own_arm(dataset_id: int, configuration: str, epochs: int | None, iterations: int | None) -> Arm:
    """This model, trained as long as its plans say where no other number is given."""
    plans = nnunet_folder("nnUNet_preprocessed") / dataset_name(dataset_id) / f"{PLANS}.json"
    planned = own_length(plans)
    length = Length(
        planned.epochs if epochs is None else epochs, planned.iterations if iterations is None else iterations
    )
    kwargs = planned_configuration(plans, configuration)["architecture"]["arch_kwargs"]
    margin = Architecture.from_kwargs(kwargs, str(plans)).context
    return Arm(dataset_id, TRAINER, plans_of_length(plans, length), configuration, length, margin)

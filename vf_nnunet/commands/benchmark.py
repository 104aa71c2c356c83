"""this model and default nnU-Net side by side: cost on the same CT, and accuracy where both are trained"""

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vf_nnunet.commands.options import add_configuration, add_dataset, add_device, check_configuration, chosen_device
from vf_nnunet.names import TRAINER

if TYPE_CHECKING:
    import torch

EXAMPLE = "vf_nnunet benchmark -d 701 -i ct.nii.gz -o benchmark.json"

DEFAULT_PLANS = "nnUNetPlans"
DEFAULT_TRAINER = "nnUNetTrainer"
DEFAULT_NNUNET_CONFIGURATION = "3d_fullres"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_dataset(parser)
    add_configuration(parser)
    parser.add_argument("-i", dest="input", type=Path, required=True, metavar="CT", help="CT to predict")
    parser.add_argument("-f", dest="fold", type=int, default=0, metavar="K", help="fold to compare (default: 0)")
    parser.add_argument(
        "--windows", type=int, default=2, metavar="N", help="default nnU-Net windows timed (default: 2)"
    )
    parser.add_argument("-o", dest="output", type=Path, default=None, metavar="FILE", help="JSON file to write")
    add_device(parser)


def run(arguments: argparse.Namespace) -> None:
    """Measure, print the table, and write it."""
    from vf_nnunet.commands.train import planned_folds

    check_configuration(arguments.configuration)
    planned_folds(arguments.dataset_id, [arguments.fold])

    import torch

    device = torch.device(chosen_device(arguments.device))
    rows = {
        TRAINER: _own_row(arguments, device),
        DEFAULT_TRAINER: _default_row(arguments, device),
    }
    sys.stdout.write(_as_table(rows))
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(rows, indent=2) + "\n")


def _own_row(arguments: argparse.Namespace, device: "torch.device") -> dict[str, Any]:
    from dataset_conversion.volume import read_volume, to_canonical
    from vf_nnunet.commands.train import fold_folder
    from vf_nnunet.inference.backend import open_backend
    from vf_nnunet.inference.model import open_model
    from vf_nnunet.inference.preprocessing import Preprocessing, preprocess
    from vf_nnunet.inference.tiling import predict_probabilities
    from vf_nnunet.model_folder import load_model

    folder = fold_folder(arguments.dataset_id, arguments.configuration, arguments.fold)
    model = open_model(folder.parent, [str(arguments.fold)])
    volume = to_canonical(read_volume(arguments.input))
    preprocessing = Preprocessing.from_entries(model.card.preprocessing, model.card.name)
    image = preprocess(volume.array, volume.affine, preprocessing)
    backend = open_backend(model.ensemble, device=device.type)
    started = time.perf_counter()
    predict_probabilities(backend, image.array, progress=True)
    return {
        "parameters": _parameters(load_model(folder.parent, [str(arguments.fold)]).networks[0]),
        "voxels": list(image.array.shape[1:]),
        "prediction_seconds": round(time.perf_counter() - started, 2),
        "prediction_seconds_with_mirroring": None,
        "extrapolated": False,
        "validation_dice": _validation_dice(folder),
    }


def _default_row(arguments: argparse.Namespace, device: "torch.device") -> dict[str, Any]:
    from dataset_conversion.volume import read_volume
    from vf_nnunet.nnunet_paths import dataset_name, nnunet_folder
    from vf_nnunet.sliding_window_cost import default_network, sliding_window_cost

    name = dataset_name(arguments.dataset_id)
    preprocessed = nnunet_folder("nnUNet_preprocessed") / name
    configuration = _default_configuration(name, preprocessed / f"{DEFAULT_PLANS}.json")
    classes = 3
    network = default_network(configuration, 1, classes).to(device)
    volume = read_volume(arguments.input)
    spacings = zip(volume.array.shape, volume.spacing, configuration["spacing"], strict=True)
    shape = [round(size * old / new) for size, old, new in spacings]
    cost = sliding_window_cost(network, configuration["patch_size"], shape, arguments.windows, device)
    model = f"{DEFAULT_TRAINER}__{DEFAULT_PLANS}__{DEFAULT_NNUNET_CONFIGURATION}"
    folder = nnunet_folder("nnUNet_results") / name / model / f"fold_{arguments.fold}"
    return {
        "parameters": _parameters(network),
        "voxels": shape,
        "prediction_seconds": round(cost.seconds, 1),
        "prediction_seconds_with_mirroring": round(cost.seconds_with_mirroring, 1),
        "extrapolated": f"from {arguments.windows} of {cost.windows} windows of {configuration['patch_size']}",
        "validation_dice": _validation_dice(folder),
    }


def _default_configuration(name: str, plans: Path) -> dict[str, Any]:
    """3d_fullres of nnU-Net's own plans, made if they are not there."""
    if not plans.is_file():
        from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner

        # nnU-Net prints the plans; standard output is for the table.
        with contextlib.redirect_stdout(sys.stderr):
            ExperimentPlanner(name).plan_experiment()
    configurations: dict[str, dict[str, Any]] = json.loads(plans.read_text(encoding="utf-8"))["configurations"]
    return configurations[DEFAULT_NNUNET_CONFIGURATION]


def _parameters(network: "torch.nn.Module") -> int:
    return sum(weight.numel() for weight in network.parameters())


def _validation_dice(folder: Path) -> dict[str, float] | None:
    """nnU-Net's mean Dice of each class on the fold's outer cases; None where the fold is not finished."""
    summary = folder / "validation" / "summary.json"
    if not summary.is_file():
        return None
    mean = json.loads(summary.read_text(encoding="utf-8"))["mean"]
    return {label: round(values["Dice"], 4) for label, values in mean.items()}


def _as_table(rows: dict[str, dict[str, Any]]) -> str:
    lines = [f"| | {' | '.join(rows)} |", f"|---|{'---|' * len(rows)}"]
    for key in next(iter(rows.values())):
        lines.append(f"| {key.replace('_', ' ')} | {' | '.join(_cell(row[key]) for row in rows.values())} |")
    own, default = rows.values()
    ratio = default["prediction_seconds"] / own["prediction_seconds"]
    return "\n".join([*lines, f"one pass of default nnU-Net takes {ratio:.1f} times as long", ""])


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)

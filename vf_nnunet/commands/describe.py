"""Show the network of a configuration: layers, parameters, receptive fields, multiply-adds per voxel, memory."""

import argparse
import json
import sys
from typing import Any

from vf_nnunet.commands.options import add_configuration, check_configuration

EXAMPLE = "vf_nnunet describe -c 3d_fullres"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    add_configuration(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the description."""
    check_configuration(arguments.configuration)

    from vf_nnunet.network.architecture import ARCHITECTURES
    from vf_nnunet.planning.network_summary import summarise

    description = {"configuration": arguments.configuration, **summarise(ARCHITECTURES[arguments.configuration])}
    sys.stdout.write(json.dumps(description, indent=2) + "\n" if arguments.json else _as_text(description))


def _as_text(description: dict[str, Any]) -> str:
    rows = [
        f"{layer['pathway']:<12}{layer['in_channels']:>4} -> {layer['out_channels']:<4}"
        f"{'x'.join(map(str, layer['kernel'])):<8}{layer['parameters']:>9,}"
        for layer in description["layers"]
    ]
    fields = description["receptive_field"]
    return "\n".join(
        [
            f"{description['configuration']}: dual pathway, sizes in (z, y, x)",
            f"{'pathway':<12}{'channels':<12}{'kernel':<8}{'parameters':>10}",
            *rows,
            f"parameters               {description['parameters']:,}",
            f"receptive field          {'x'.join(map(str, fields['normal']))} normal, "
            f"{'x'.join(map(str, fields['subsampled']))} subsampled",
            f"multiply-adds per voxel  {description['macs_per_voxel']:,}",
            *_memory_lines(description["memory"]),
            "",
        ]
    )


def _memory_lines(memory: dict[str, Any]) -> list[str]:
    step, tile = memory["training_step"], memory["tile"]
    segment, predicted = ("x".join(map(str, size)) for size in (step["segment"], tile["predicted"]))
    return [
        f"memory per batch         {_megabytes(step)} for {step['segments']} segments of {segment} voxels",
        f"memory per tile          {_megabytes(tile)} for {predicted} predicted voxels",
    ]


def _megabytes(part: dict[str, Any]) -> str:
    return f"{part['float32'] / 1e6:,.0f} MB (float32), {part['half_precision'] / 1e6:,.0f} MB (half precision)"

"""The command `vf_nnunet`: one module a subcommand, imported only for its arguments until it runs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from dataset_conversion.spine.errors import InputError, error_lines
from vf_nnunet import __version__
from vf_nnunet.nnunet.names import DISCLAIMER

COMMANDS = (
    "demo",
    "phantom",
    "convert",
    "plan",
    "train",
    "select-model",
    "predict",
    "evaluate",
    "benchmark",
    "export",
    "describe",
    "trainer-dir",
    "doctor",
)
BAD_INPUT = 2


def build_parser() -> argparse.ArgumentParser:
    """The parser of all subcommands; each module in `vf_nnunet.commands` adds its own."""
    parser = argparse.ArgumentParser(
        prog="vf_nnunet",
        description=f"Vertebral fractures in CT after Nicolaes et al. 2019, as a plugin for nnU-Net v2. {DISCLAIMER}",
        epilog="vf_nnunet COMMAND --help shows a command's options and an example.",
    )
    parser.add_argument("--version", action="version", version=f"vf_nnunet {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = import_module(f"vf_nnunet.commands.{name.replace('-', '_')}")
        summary = (module.__doc__ or "").strip().splitlines()[0]
        subparser = subparsers.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; bad input gives one line a finding on standard error and the exit code 2."""
    parsed = build_parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except KeyboardInterrupt:
        sys.stderr.write("\nvf_nnunet: interrupted; give the command again to go on (predict: with --continue)\n")
        return 130
    except InputError as error:
        sys.stderr.write(error_lines(f"vf_nnunet {parsed.command}", error))
        return BAD_INPUT
    return 0

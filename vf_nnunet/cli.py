"""The command `vf_nnunet`, with one module per subcommand."""

import argparse
import errno
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from dataset_conversion.spine.errors import InputError, error_lines
from vf_nnunet import __version__
from vf_nnunet.network.processor import wait_asleep
from vf_nnunet.nnunet.names import DISCLAIMER

COMMANDS = (
    "demo",
    "phantom",
    "annotate",
    "agreement",
    "convert",
    "plan",
    "train",
    "jobs",
    "select-model",
    "predict",
    "watch",
    "store",
    "findings",
    "worklist",
    "manifest",
    "shard",
    "gather",
    "evaluate",
    "transfer",
    "benchmark",
    "export",
    "describe",
    "trainer-dir",
    "doctor",
)
BAD_INPUT = 2
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all subcommands; each module in `vf_nnunet.commands` adds its own options."""
    parser = argparse.ArgumentParser(
        prog="vf_nnunet",
        description=f"Detect vertebral fractures in CT (Nicolaes et al. 2019) within nnU-Net v2. {DISCLAIMER}",
        epilog="Run vf_nnunet COMMAND --help for the options of a command and an example.",
    )
    parser.add_argument("--version", action="version", version=f"vf_nnunet {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = import_module(f"vf_nnunet.commands.{name.replace('-', '_')}")
        summary = (module.__doc__ or "").strip().splitlines()[0]
        subparser = subparsers.add_parser(
            name,
            help=summary[:1].lower() + summary[1:].removesuffix("."),
            description=summary,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; bad input gives one line per problem on standard error and exit code 2."""
    parsed = build_parser().parse_args(arguments)
    wait_asleep(os.environ)
    # The packages log their warnings, which must be told from results.
    logging.addLevelName(logging.WARNING, "warning")
    logging.basicConfig(format="%(levelname)s: %(message)s")
    try:
        parsed.run(parsed)
    except KeyboardInterrupt:
        sys.stderr.write("\nvf_nnunet: interrupted; run the command again to continue (predict: with --continue)\n")
        return 130
    except InputError as error:
        sys.stderr.write(error_lines(f"vf_nnunet {parsed.command}", error))
        return BAD_INPUT
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        place = error.filename or getattr(parsed, "output", None) or "the output"
        sys.stderr.write(
            f"vf_nnunet {parsed.command}: {place}: {error.strerror}; make room and run the command again to continue "
            "(predict: with --continue)\n"
        )
        return BAD_INPUT
    return 0

"""Make the model that comes with the package, from a seed to its file and its card.

If it is interrupted, the same command continues. With --model, a model that was trained elsewhere is packed.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dataset_conversion.spine.errors import InputError, error_lines
from vf_nnunet.network.device import usable_device
from vf_nnunet.nnunet.names import fold_name
from vf_nnunet.phantom_model.packing import Packing
from vf_nnunet.phantom_model.recipe import Recipe
from vf_nnunet.phantom_model.run import PhantomRun, run_steps

PROGRAM = "python -m vf_nnunet.phantom_model"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the steps; bad input gives one line per problem on standard error and exit code 2."""
    parsed = _parser().parse_args(arguments)
    try:
        _make(parsed)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{PROGRAM}: interrupted; run the command again to continue\n")
        return 130
    except InputError as error:
        sys.stderr.write(error_lines(PROGRAM, error))
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    recipe = Recipe()
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    parser.add_argument("-o", dest="output", type=Path, default=Path("model"), help="folder (default: model)")
    parser.add_argument(
        "--real", type=Path, default=None, metavar="DIR", help="images/, masks/ and grades/ of real CTs to measure on"
    )
    parser.add_argument("--seed", type=int, default=recipe.seed, help=f"of the phantoms (default: {recipe.seed})")
    parser.add_argument("--cases", type=int, default=recipe.cases, help=f"phantoms (default: {recipe.cases})")
    length = recipe.training
    parser.add_argument("--epochs", type=int, default=length.epochs, help=f"of training (default: {length.epochs})")
    batches = length.iterations_per_epoch
    parser.add_argument("--iterations", type=int, default=batches, help=f"batches per epoch (default: {batches})")
    parser.add_argument("-f", dest="folds", type=fold_name, nargs="+", default=list(recipe.folds), help="(default: 0)")
    parser.add_argument("-np", dest="processes", type=int, default=2, help="worker processes (default: 2)")
    parser.add_argument("-device", choices=("cuda", "cpu", "mps"), default=None, help="(default: cuda if available)")
    parser.add_argument(
        "--model", type=Path, default=None, help="pack this trained model instead of training one; needs --cohort"
    )
    parser.add_argument("--cohort", type=Path, default=None, help="the phantoms of --model")
    return parser


def _make(arguments: argparse.Namespace) -> None:
    if (arguments.model is None) != (arguments.cohort is None):
        raise InputError("--model and --cohort: one without the other; expected both or neither")
    output, device = arguments.output.absolute(), str(usable_device(arguments.device))
    if arguments.model is None:
        recipe = _recipe(arguments)
        # The folder of the model is known once the dataset exists.
        Packing(output, output, output, arguments.real, device).check()
        run = PhantomRun(output, recipe.run_settings(), arguments.processes, device)
        seconds = run_steps(run.steps)
        packing = Packing(run.model, run.cohort, output, arguments.real, device)
    else:
        seconds = 0.0
        packing = Packing(arguments.model, arguments.cohort, output, arguments.real, device)
        packing.check()
        output.mkdir(parents=True, exist_ok=True)
    seconds += run_steps({"model file": packing.pack, "real CTs": packing.measure, "card": packing.describe})
    sys.stdout.write(f"{packing.file} and its card, after {seconds / 60:.0f} min\n")


def _recipe(arguments: argparse.Namespace) -> Recipe:
    training = replace(Recipe().training, epochs=arguments.epochs, iterations_per_epoch=arguments.iterations)
    return Recipe(arguments.seed, arguments.cases, tuple(arguments.folds), training)


if __name__ == "__main__":
    sys.exit(main())

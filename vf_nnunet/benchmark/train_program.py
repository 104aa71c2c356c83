"""Train a fold of an arm, or go on with it, in the process of a job.

python -m vf_nnunet.benchmark.train_program ARM FOLD DEVICE OUTPUT, where ARM is the text of `arm_text`.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from dataset_conversion.spine.errors import InputError, error_lines
from vf_nnunet.benchmark.arms import Arm
from vf_nnunet.benchmark.length import Length
from vf_nnunet.benchmark.training import train


def arm_text(arm: Arm) -> str:
    """An arm as an argument."""
    return json.dumps(asdict(arm))


def read_arm(text: str) -> Arm:
    """The arm of `arm_text`."""
    content = json.loads(text)
    return Arm(**{**content, "length": Length(**content["length"]), "margin": tuple(content["margin"])})


def main(arguments: Sequence[str]) -> int:
    """Train by the arguments in the module's docstring; the exit code is that of a command."""
    arm, fold, device, output = arguments
    try:
        train(read_arm(arm), [int(fold)], device, Path(output))
    except InputError as error:
        sys.stderr.write(error_lines("vf_nnunet benchmark", error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

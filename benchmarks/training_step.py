"""Time a training step in bfloat16 and in float32, in turn in one run.

python benchmarks/training_step.py [--steps N]
"""

import argparse
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from statistics import median

import torch

from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.planning.segment_plan import BATCH_SIZE, PREDICTED_VOXELS
from vf_nnunet.training.loss import RegularisedCrossEntropy
from vf_nnunet.training.optimizer import DeepMedicRMSprop
from vf_nnunet.training.settings import TrainingSettings

CONFIGURATION = "3d_fullres"


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    steps = parser.parse_args().steps
    settings = TrainingSettings()
    network = build_network(ARCHITECTURES[CONFIGURATION], 1, 3, valid=True)
    network.set_dropout(settings.dropout)
    optimizer = DeepMedicRMSprop(network.parameters(), settings.learning_rate)
    loss = RegularisedCrossEntropy(network, settings.l1, settings.l2, None)
    data = torch.randn(BATCH_SIZE, 1, *ARCHITECTURES[CONFIGURATION].segment_size(PREDICTED_VOXELS))
    labels = torch.randint(0, 3, (BATCH_SIZE, 1, *[PREDICTED_VOXELS] * 3))

    def step(precision: AbstractContextManager[object]) -> float:
        started = time.perf_counter()
        optimizer.zero_grad()
        with precision:
            value = loss(network(data), [labels])
        value.backward()
        optimizer.step()
        return time.perf_counter() - started

    times: dict[str, list[float]] = {"bfloat16": [], "float32": []}
    for _ in range(steps + 1):
        times["bfloat16"].append(step(torch.autocast("cpu", torch.bfloat16)))
        times["float32"].append(step(nullcontext()))
    medians = {name: median(values[1:]) for name, values in times.items()}
    for name, seconds in medians.items():
        sys.stdout.write(f"{name}: {seconds:.3f} s per step (median of {steps})\n")
    sys.stdout.write(f"float32 takes {medians['float32'] / medians['bfloat16']:.2f} times as long\n")


if __name__ == "__main__":
    main()

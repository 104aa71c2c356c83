"""Time two processes at once on the same cores against one alone, with and without sharing of the processor.

python benchmarks/sharing.py [--cores N] [--rounds N] [--repeats N] [--batch N] [--tile SIDE] [--work WORK ...]

Sharing means that OpenMP's threads wait asleep and that processes take turns (`vf_nnunet/network/processor.py`). All
arms are timed in turn in each round. Processes import torch first, as nnU-Net's commands do. On a busy machine, compare
the seconds of processor time, which spinning raises, and take the wall-clock time from a quiet one.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.network.processor import SWITCH, WAIT_POLICY, calm_loaded_openmp, chosen_threads, turn
from vf_nnunet.planning.segment_plan import PREDICTED_VOXELS
from vf_nnunet.training.loss import RegularisedCrossEntropy
from vf_nnunet.training.optimizer import DeepMedicRMSprop

ARCHITECTURE = ARCHITECTURES["3d_fullres"]
ARMS = {"before": "0", "now": "1"}
Seconds = tuple[float, float]
"""Wall-clock and processor seconds per step."""


def main() -> None:
    """Print one row per work and arm."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=2, help="cores that all processes share (default: 2)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=20, help="steps or tiles of a process in a round")
    parser.add_argument("--work", nargs="+", default=["train", "torch", "openvino"])
    parser.add_argument("--batch", type=int, default=24, help="segments per training step")
    parser.add_argument("--tile", type=int, default=96, help="side of a tile in voxels")
    parser.add_argument("--process", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.process:
        _time_one(arguments.work[0], arguments.repeats, arguments.batch, arguments.tile)
        return
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])
    times: dict[tuple[str, str, int], list[Seconds]] = {}
    for _ in range(arguments.rounds):
        for work in arguments.work:
            for arm in ARMS:
                for count in (1, 2):
                    times.setdefault((work, arm, count), []).append(_time_at_once(work, arm, count))
    sys.stdout.write("| work | arm | s per step, alone | two at once | ratio | processor s, alone | two at once |\n")
    for work in arguments.work:
        for arm in ARMS:
            alone, two = (_medians(times[work, arm, count]) for count in (1, 2))
            sys.stdout.write(
                f"| {work} | {arm} | {alone[0]:.3f} | {two[0]:.3f} | {two[0] / alone[0]:.2f} | {alone[1]:.3f} | "
                f"{two[1]:.3f} |\n"
            )
    sys.stdout.write(f"load at the end: {os.getloadavg()[0]:.1f}\n")


def _medians(seconds: list[Seconds]) -> Seconds:
    wall, processor = zip(*seconds, strict=True)
    return median(wall), median(processor)


def _time_at_once(work: str, arm: str, count: int) -> Seconds:
    """Means over `count` processes that begin together."""
    environment = {name: value for name, value in os.environ.items() if name not in WAIT_POLICY} | {SWITCH: ARMS[arm]}
    command = [sys.executable, __file__, "--process", *sys.argv[1:], "--work", work]
    processes = [
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        _output(process)
    found = []
    for process in processes:
        if process.stdin is not None:
            process.stdin.write("begin\n")
            process.stdin.flush()
    for process in processes:
        wall, processor = map(float, _output(process).split())
        found.append((wall, processor))
        process.communicate()
    return sum(wall for wall, _ in found) / count, sum(processor for _, processor in found) / count


def _output(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError("a process ended early")
    return line


def _time_one(work: str, repeats: int, batch: int, tile: int) -> None:
    torch.set_num_threads(chosen_threads())
    calm_loaded_openmp()
    step = _training(batch) if work == "train" else _prediction(work, tile)
    for _ in range(2):
        step()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        step()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    sys.stdout.write(f"{wall / repeats} {processor / repeats}\n")


def _training(batch: int) -> Callable[[], object]:
    network = build_network(ARCHITECTURE, 1, 3, valid=True)
    optimizer = DeepMedicRMSprop(network.parameters(), 1e-3)
    loss = RegularisedCrossEntropy(network, 1e-6, 1e-4, None)
    data = torch.randn(batch, 1, *ARCHITECTURE.segment_size(PREDICTED_VOXELS))
    labels = torch.randint(0, 3, (batch, 1, *[PREDICTED_VOXELS] * 3))

    def step() -> None:
        optimizer.zero_grad()
        with turn(torch.get_num_threads()):
            with torch.autocast("cpu", torch.bfloat16):
                value = loss(network(data), [labels])
            value.backward()
            optimizer.step()

    return step


def _prediction(name: str, tile: int) -> Callable[[], object]:
    backend = open_backend(ensemble_of({"0": build_network(ARCHITECTURE, 1, 3).eval()}), name, "cpu")
    sizes = [tile + 2 * margin for margin in ARCHITECTURE.context]
    block = np.random.default_rng(0).standard_normal((1, *sizes), np.float32)
    return lambda: backend.probabilities(block)


if __name__ == "__main__":
    main()

"""Measure the network, its training and default nnU-Net on one GPU, with a phantom cohort made on the spot.

python benchmarks/gpu.py -o gpu_benchmark              # about an hour: the paper's cohort, a fold at full length
python benchmarks/gpu.py -o tiny --device cpu --tiny   # shows in minutes, without a GPU, that the script works

It prints, and writes to gpu.md: the network's pass over a CT of 40 million voxels and its share of the device's rate of
bfloat16 matrix products; a training step and its share; both with torch.compile on and off; the paper's training of a
fold (35 epochs of 250 batches); and the table of `vf_nnunet benchmark --quick` with default nnU-Net on the same device.
Where a session is too short for all steps, name some of them: `--steps network phantom convert`, then `--steps plan
train benchmark` with the same folder. Interrupted phantoms and trainings continue.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dataset_conversion.spine.errors import InputError
from vf_nnunet.benchmark.cost.computation import own_training
from vf_nnunet.benchmark.cost.counting_backend import CountingBackend
from vf_nnunet.benchmark.cost.machine import describe_machine
from vf_nnunet.benchmark.cost.measured_process import MEMORY_NOTE, run_measured
from vf_nnunet.benchmark.cost.network_cost import CHANNELS, count_block
from vf_nnunet.benchmark.cost.sliding_window_cost import median_seconds
from vf_nnunet.inference.from_network import ensemble_of
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.tiling import predict_tiles
from vf_nnunet.network.architecture import ARCHITECTURES
from vf_nnunet.network.dual_pathway import build_network
from vf_nnunet.planning.segment_plan import BATCH_SIZE, PREDICTED_VOXELS

ARCHITECTURE = ARCHITECTURES["3d_fullres"]
CLASSES = 3
"""Background, normal, fracture."""
OPERATIONS = 2
"""Operations in a multiply-add."""
DATASET = ("-d", "701")
STEPS = ("network", "phantom", "convert", "plan", "train", "benchmark")


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        matrix: Side of the matrices.
        ct: (z, y, x) voxels of the CT.
        segments: Segments in a batch.
        compiler: Backend of torch.compile.
        repeats: Runs of which the median is taken, after one that is not counted.
        cohort: Options of `vf_nnunet phantom`.
        plan: Options of `vf_nnunet plan`.
        benchmark: Options of `vf_nnunet benchmark`.
    """

    matrix: int = 8192
    ct: tuple[int, int, int] = (400, 320, 320)
    segments: int = BATCH_SIZE
    compiler: str = "inductor"
    repeats: int = 20
    cohort: tuple[str, ...] = ("--cohort", "paper")
    plan: tuple[str, ...] = ()
    benchmark: tuple[str, ...] = ("--patches", "10", "--resenc", "M", "L")


TINY = Size(
    matrix=256,
    ct=(30, 30, 30),
    segments=2,
    compiler="aot_eager",
    repeats=2,
    cohort=("--cases", "5", "--field-of-view", "spine"),
    plan=("--epochs", "1", "--iterations", "1"),
    benchmark=("--patches", "1", "--resenc", "--default-gpu-memory", "0.5"),
)


def network_rows(device: torch.device, size: Size) -> list[str]:
    """Matrix products, the pass over the CT and the training step: seconds, TFLOP/s and share of the products' rate."""
    left, right = (torch.randn(size.matrix, size.matrix, dtype=torch.bfloat16, device=device) for _ in range(2))
    product = median_seconds(lambda: left @ right, size.repeats)
    peak = OPERATIONS * size.matrix**3 / product
    rows = ["| work | seconds | TFLOP/s | share of the matrix products' rate |", "|---|---|---|---|"]

    def add(name: str, seconds: float, macs: int) -> None:
        rate = OPERATIONS * macs / seconds
        rows.append(f"| {name} | {seconds:.4g} | {rate / 1e12:.3g} | {rate / peak:.0%} |")

    add(f"bfloat16 matrix product of {size.matrix}", product, size.matrix**3)
    network = build_network(ARCHITECTURE, CHANNELS, CLASSES)
    backend = CountingBackend(open_backend(ensemble_of({"0": network.eval()}), "torch", str(device)))
    image = np.random.default_rng(0).standard_normal((CHANNELS, *size.ct), np.float32)
    seconds = median_seconds(lambda: _predicted(backend, image), 1)
    add(f"prediction of {'x'.join(map(str, size.ct))} voxels, one fold", seconds, backend.macs // 2)
    macs = size.segments * count_block(ARCHITECTURE, ARCHITECTURE.segment_size(PREDICTED_VOXELS), CLASSES)
    for compiler in (None, size.compiler):
        compiled = "without torch.compile" if compiler is None else f"with torch.compile ({compiler})"
        step = _training_step(device, size.segments, compiler)
        add(f"training step of {size.segments} segments {compiled}", median_seconds(step, size.repeats), 3 * macs)
        forward = _forward(device, size.segments, compiler)
        add(f"prediction of {size.segments} segments {compiled}", median_seconds(forward, size.repeats), macs)
    return rows


def _predicted(backend: CountingBackend, image: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> Tensor:
    return torch.tensor([block.sum() for _, block in predict_tiles(backend, image)])


def _network(device: torch.device, compiler: str | None) -> tuple[nn.Module, Callable[..., Tensor]]:
    network = build_network(ARCHITECTURE, CHANNELS, CLASSES, valid=True).to(device)
    run = network if compiler is None else torch.compile(network, backend=compiler)

    def logits(batch: Tensor) -> Tensor:
        with own_training(device).autocast:
            output = run(batch)
        found: Tensor = output[0] if isinstance(output, list) else output
        return found

    return network, logits


def _batch(device: torch.device, segments: int) -> Tensor:
    return torch.randn(segments, CHANNELS, *ARCHITECTURE.segment_size(PREDICTED_VOXELS), device=device)


def _training_step(device: torch.device, segments: int, compiler: str | None) -> Callable[[], Tensor]:
    network, logits = _network(device, compiler)
    batch = _batch(device, segments)
    optimizer = torch.optim.RMSprop(network.parameters(), 1e-4)

    def step() -> Tensor:
        optimizer.zero_grad()
        output = logits(batch)
        loss = cross_entropy(output.float(), torch.zeros_like(output[:, 0], dtype=torch.long))
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _forward(device: torch.device, segments: int, compiler: str | None) -> Callable[[], Tensor]:
    network, logits = _network(device, compiler)
    network.eval()
    batch = _batch(device, segments)

    def forward() -> Tensor:
        with torch.no_grad():
            return logits(batch)

    return forward


def command(name: str, folder: Path, device: torch.device, size: Size) -> str:
    """Run one of the commands; its seconds and memory."""
    phantoms, cores = folder / "phantoms", str(os.cpu_count() or 1)
    kind = ("-device", device.type)
    options = {
        "phantom": ("-o", str(phantoms), *size.cohort, "-np", cores),
        "convert": (
            *("--images", str(phantoms / "images"), "--annotations", str(phantoms / "vertebrae.csv")),
            *(*DATASET, "--name", "Phantoms"),
        ),
        "plan": (*DATASET, "-np", cores, *size.plan),
        "train": (*DATASET, "-f", "0", *kind),
        "benchmark": (*DATASET, "-f", "0", "--quick", *size.benchmark, "-o", str(folder / "benchmark"), *kind),
    }
    arguments = [sys.executable, "-m", "vf_nnunet", name, *options[name]]
    cost = run_measured(arguments, folder / "commands.log", os.environ)
    return f"`vf_nnunet {name}`: {cost.seconds:.1f} s, {cost.peak_gb:.2f} GB"


def measure(step: str, folder: Path, device: torch.device, size: Size) -> str:
    """The result of one of `STEPS`."""
    if step == "network":
        return "\n".join([describe_machine(), "", *network_rows(device, size), "", MEMORY_NOTE])
    result = command(step, folder, device, size)
    if step == "benchmark":
        result += "\n\n" + (folder / "benchmark" / "benchmark.md").read_text(encoding="utf-8")
    return result


def main() -> None:
    """Measure and write gpu.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", dest="output", type=Path, required=True)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="show that the script works; the figures mean nothing")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, help="steps to run (default: all)")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SystemExit(f"no NVIDIA GPU is found by torch {torch.__version__}; expected one, or --device cpu --tiny")
    folder = arguments.output.absolute()
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        (folder / variable).mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(folder / variable)
    try:
        for step in arguments.steps:
            result = measure(step, folder, device, TINY if arguments.tiny else Size()) + "\n\n"
            sys.stdout.write(result)
            with (folder / "gpu.md").open("a", encoding="utf-8") as report:
                report.write(result)
    except InputError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()

"""Compare nnU-Net's own sliding window for this network with exact tiling: one fold, float32.

python benchmarks/stock_window.py --model nnUNet_results/DatasetXXX/nnUNetTrainerVF__... CT [CT ...]
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from dataset_conversion.images.volume import read_volume, to_canonical
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.preprocessing import Preprocessing, preprocess
from vf_nnunet.inference.tiling import predict_probabilities
from vf_nnunet.inference.weights import FloatArray
from vf_nnunet.model.model_folder import load_model
from vf_nnunet.model.open_model import open_model
from vf_nnunet.network.dual_pathway import build_network


def stock_predictor(model: Path, fold: str) -> nnUNetPredictor:
    """nnU-Net's predictor with its own windows, as `nnUNetv2_predict` would use it without this plugin's trainer."""
    trained = load_model(model, [fold])
    weights = trained.weights[0]
    channels, classes = len(trained.dataset_json["channel_names"]), len(weights["classifier.2.3.bias"])
    network = build_network(trained.architecture, channels, classes).eval()
    network.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    plans = PlansManager(trained.plans)
    predictor = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    predictor.manual_initialization(
        network,
        plans,
        plans.get_configuration(trained.configuration),
        [network.state_dict()],
        trained.dataset_json,
        "nnUNetTrainerVF",
        None,
    )
    return predictor


def stock_probabilities(predictor: nnUNetPredictor, image: FloatArray) -> FloatArray:
    """Probabilities (classes, z, y, x)."""
    with torch.inference_mode():
        logits = predictor.predict_logits_from_preprocessed_data(torch.from_numpy(image)).float()
    probabilities: FloatArray = torch.softmax(logits, 0).numpy()
    return probabilities


def main() -> None:
    """Print one row per CT."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--fold", default="0")
    parser.add_argument("cts", type=Path, nargs="+", metavar="CT")
    arguments = parser.parse_args()
    model = open_model(arguments.model, [arguments.fold])
    preprocessing = Preprocessing.from_entries(model.card.preprocessing, model.card.name)
    backend = open_backend(model.ensemble, "torch", "cpu", precision="float32")
    predictor = stock_predictor(arguments.model, arguments.fold)
    sys.stdout.write(
        "| CT | largest difference | voxels with another label | stock, s | exact, s |\n|---|---|---|---|---|\n"
    )
    for path in arguments.cts:
        volume = to_canonical(read_volume(path))
        image = preprocess(volume.array, volume.affine, preprocessing).array
        started = time.perf_counter()
        stock = stock_probabilities(predictor, image)
        between = time.perf_counter()
        exact = predict_probabilities(backend, image)
        ended = time.perf_counter()
        difference = f"{np.abs(stock - exact).max():.3f}"
        changed = f"{100 * (stock.argmax(0) != exact.argmax(0)).mean():.2f}%"
        cells = (path.name, difference, changed, f"{between - started:.1f}", f"{ended - between:.1f}")
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()

"""Predict one CT in a computation that neither `vf_nnunet predict` nor `nnUNetv2_predict` offers.

python -m vf_nnunet.benchmark.predict_program own|default MODEL FOLD IMAGES OUTPUT BACKEND PRECISION DEVICE
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from dataset_conversion.spine.errors import InputError
from vf_nnunet.benchmark.cost.computation import Computation
from vf_nnunet.inference.backend import BackendName
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.model.open_model import open_model
from vf_nnunet.screening.batch import screen_cases
from vf_nnunet.screening.case import ScreeningSettings
from vf_nnunet.screening.sources import find_cases


def predict_own(model: Path, fold: str, images: Path, output: Path, computation: Computation) -> None:
    """Predict as `vf_nnunet predict` does.

    Raises:
        InputError: If a CT cannot be predicted.
    """
    opened = open_model(model, [fold])
    backend = open_backend(opened.ensemble, computation.backend, computation.device, computation.backend_precision)
    output.mkdir(parents=True)
    failures, _ = screen_cases(find_cases(images).paths, output, opened, backend, ScreeningSettings())
    if failures:
        raise InputError([reason for reasons in failures.values() for reason in reasons])


def predict_default(model: Path, fold: str, images: Path, output: Path, computation: Computation) -> None:
    """Predict as `nnUNetv2_predict -npp 0 -nps 0 --disable_tta` does."""
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    from vf_nnunet.benchmark.cost.default_forward import DefaultForward

    output.mkdir(parents=True)
    device = torch.device(computation.device)
    predictor = nnUNetPredictor(use_mirroring=False, device=device, allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(model), [fold])
    predictor.network = DefaultForward(predictor.network.eval(), computation)
    predictor.predict_from_files_sequential(str(images), str(output))


def main(arguments: Sequence[str]) -> None:
    """Predict by the arguments in the module's docstring."""
    kind, model, fold, images, output, backend, precision, device = arguments
    predict = predict_own if kind == "own" else predict_default
    computation = Computation(cast(BackendName, backend), precision, device)
    predict(Path(model), fold, Path(images), Path(output), computation)


if __name__ == "__main__":
    main(sys.argv[1:])

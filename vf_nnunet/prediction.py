"""A CT in, class probabilities on the 1 mm grid out."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vf_nnunet.model_folder import TrainedModel
from vf_nnunet.probability_grid import RAS_TO_LPS
from vf_nnunet.tiling import predict_logits


def preprocess(
    model: TrainedModel, ct: npt.NDArray[Any], affine: npt.NDArray[np.float64]
) -> tuple[Tensor, dict[str, Any]]:
    """nnU-Net's own preprocessing by the model's plans: resampling to 1 mm and z-score.

    Args:
        ct: Hounsfield units (z, y, x) on canonical LPS axes.
        affine: 4 x 4, voxel index (x, y, z) to LPS mm.

    Returns:
        The image (1, z, y, x) for the network, and nnU-Net's properties of the case.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)[::-1]
    properties = {"spacing": spacing.tolist(), "nibabel_stuff": {"original_affine": RAS_TO_LPS @ affine}}
    preprocessor = model.configuration.preprocessor_class(verbose=False)
    data, _, properties = preprocessor.run_case_npy(
        ct[None], None, properties, model.plans, model.configuration, model.dataset_json
    )
    return torch.from_numpy(data), properties


def predict_probabilities(model: TrainedModel, image: Tensor, progress: bool = False) -> Tensor:
    """Mean of the folds' probabilities, float32 (classes, z, y, x).

    nnU-Net averages logits; probabilities are averaged here, so that one fold's confidence cannot outvote the others.

    Args:
        image: (1, z, y, x) from `preprocess`.
        progress: Show a bar over the tiles.
    """
    mean: Tensor | None = None
    for network in model.networks:
        probabilities = torch.softmax(predict_logits(network, image, progress=progress), 0)
        mean = probabilities if mean is None else mean.add_(probabilities)
    if mean is None:
        raise ValueError("the model has no folds")
    return mean.div_(len(model.networks))

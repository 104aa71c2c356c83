"""From a CT to probabilities on the 1 mm grid."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from vf_nnunet.model_folder import TrainedModel, load_model
from vf_nnunet.prediction import predict_probabilities, preprocess
from vf_nnunet.probability_grid import probability_grid


@pytest.fixture
def model(untrained_model: Path) -> TrainedModel:
    return load_model(untrained_model, torch.device("cpu"))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.7, 1.3), (2.4, 0.9, 3.0)])
def test_a_world_point_stays_on_its_anatomy(model: TrainedModel, spacing: tuple[float, float, float]) -> None:
    """A smooth blob in the CT lies at the same world point in the network's image, to 0.1 mm."""
    shape = (40, 45, 50)
    centre = np.array([20.3, 22.6, 25.1])
    distance = (np.indices(shape) - centre[:, None, None, None]) * np.array(spacing)[:, None, None, None]
    ct = 1000 * np.exp(-(distance**2).sum(0) / 2 / 5**2) + 1
    affine = np.diag([*spacing[::-1], 1.0])
    affine[:3, 3] = [-40, 12, 300]
    image, properties = preprocess(model, ct.astype(np.float32), affine)
    blob = (image[0] - image[0].min()).numpy()
    found = ndimage.center_of_mass(np.where(blob > blob.max() / 10, blob, 0))
    grid = probability_grid(properties, image.shape[1:])
    world, wanted = (matrix @ [*point[::-1], 1] for matrix, point in ((grid.affine, found), (affine, centre)))
    assert np.abs(world - wanted).max() < 0.1


def test_folds_are_averaged_as_probabilities(model: TrainedModel) -> None:
    image = torch.randn(1, 20, 20, 20)
    torch.manual_seed(1)
    other = load_model(model.folder, torch.device("cpu")).networks[0]
    torch.nn.init.normal_(other.classifier[-1][-1].bias, std=3)
    singles = [
        predict_probabilities(TrainedModel(model.folder, ("0",), (network,), *rest(model)), image)
        for network in (model.networks[0], other)
    ]
    both = predict_probabilities(
        TrainedModel(model.folder, ("0", "1"), (model.networks[0], other), *rest(model)), image
    )
    torch.testing.assert_close(both, (singles[0] + singles[1]) / 2)
    torch.testing.assert_close(both.sum(0), torch.ones(20, 20, 20))


def rest(model: TrainedModel) -> tuple[object, ...]:
    return model.plans, model.configuration, model.dataset_json

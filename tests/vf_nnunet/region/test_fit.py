"""The probe of a fold is fitted to features and labels."""

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.region.fit import LOST_SHARE, ProbeCase, fit_probe, in_blocks, probe_case
from vf_nnunet.region.kept import block_probability, kept_blocks, smooth

FACTOR = (3, 3, 3)


def synthetic_case(seed: int, vertebrae: int = 3) -> ProbeCase:
    """Features that tell vertebrae, columns of 5 x 6 x 6 blocks with gaps between them, up to noise."""
    generator = np.random.default_rng(seed)
    vertebra = np.zeros((40, 30, 30), bool)
    for number in range(vertebrae):
        vertebra[3 + 8 * number : 8 + 8 * number, 10:16, 12:18] = True
    features = generator.normal(0, 1, (4, *vertebra.shape)).astype(np.float32)
    features[1] += 3 * vertebra
    features[3] -= 2 * vertebra
    return ProbeCase(features, vertebra, np.ones_like(vertebra), (180,) * vertebrae)


def test_the_fit_finds_the_vertebrae_of_other_cases() -> None:
    probe = fit_probe([synthetic_case(seed) for seed in range(3)], [synthetic_case(seed) for seed in (3, 4)], FACTOR)
    case = synthetic_case(5)
    score = np.tensordot(probe.weight, case.features, 1) + probe.bias
    kept = kept_blocks(probe, smooth(block_probability(score), FACTOR))
    assert kept[case.vertebra].mean() > 0.99
    assert kept.mean() < 4 * case.vertebra.mean()
    assert probe.least_blocks == 90
    assert probe.blocks_per_plane > 36


def test_the_threshold_loses_no_more_than_its_share() -> None:
    validation = [synthetic_case(seed) for seed in (3, 4)]
    probe = fit_probe([synthetic_case(0)], validation, FACTOR)
    values = [
        smooth(block_probability(np.tensordot(probe.weight, case.features, 1) + probe.bias), FACTOR)[case.vertebra]
        for case in validation
    ]
    below = (np.concatenate(values) < probe.threshold - 1e-6).mean()
    assert below <= LOST_SHARE + 1 / len(np.concatenate(values))
    assert below < LOST_SHARE * 2


def test_ignored_blocks_are_not_learned_from() -> None:
    """Vertebrae that were not graded look like vertebrae; learned as background they would cost the others."""
    case = synthetic_case(0)
    hidden = case.vertebra.copy()
    hidden[:19] = False
    ungraded = ProbeCase(case.features, hidden, ~(case.vertebra & ~hidden), (180,))
    wrong = ProbeCase(case.features, hidden, case.known, (180,))
    biases = [fit_probe([one], [synthetic_case(1)], FACTOR).weight[1] for one in (case, ungraded, wrong)]
    assert abs(biases[1] - biases[0]) < abs(biases[2] - biases[0])


def test_cases_without_vertebrae_give_no_probe() -> None:
    empty, whole = synthetic_case(0, vertebrae=0), synthetic_case(1)
    empty = ProbeCase(empty.features, empty.vertebra, empty.known, ())
    with pytest.raises(InputError, match="inner validation have no vertebra"):
        fit_probe([whole], [empty], FACTOR)
    with pytest.raises(InputError, match="blocks with and without a vertebra"):
        fit_probe([empty], [whole], FACTOR)


def test_a_block_is_set_where_any_of_its_voxels_is() -> None:
    mask = np.zeros((7, 6, 4), bool)
    mask[6, 5, 3] = mask[0, 2, 0] = True
    blocks = in_blocks(mask, FACTOR)
    assert blocks.shape == (3, 2, 2)
    assert np.argwhere(blocks).tolist() == [[0, 0, 0], [2, 1, 1]]


@pytest.mark.parametrize("name", ["openvino", "torch"])
def test_features_of_a_case_are_those_of_the_whole_image(name: str) -> None:
    backend = open_backend(tiny_model(("0",)).ensemble, name, "cpu", "float32")
    image = np.random.default_rng(0).standard_normal((1, 31, 20, 25), np.float32)
    labels = np.zeros((31, 20, 25), np.int8)
    labels[3:9, 3:9, 3:9], labels[20:25, 6:12, 6:12], labels[12:15, :3, :3], labels[0] = 1, 2, 3, -1
    case = probe_case(backend, image, labels, ignore=3)
    assert case.features.shape == (4, 11, 7, 9)
    assert case.vertebra.shape == case.known.shape == (11, 7, 9)
    assert sorted(case.sizes) == [8, 12]
    assert np.argwhere(~case.known).tolist() == [[4, 0, 0]]

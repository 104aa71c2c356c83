"""Shift, scale and flips."""

from collections import Counter

import pytest
import torch

from vf_nnunet.training.augmentation import (
    Flips,
    IntensityShiftScale,
    VoxelNoise,
    no_transforms,
    training_transforms,
)
from vf_nnunet.training.settings import TrainingSettings


def test_shift_and_scale_are_drawn_once_per_segment() -> None:
    torch.manual_seed(0)
    image = torch.randn(1, 6, 6, 6)
    changed = IntensityShiftScale(0.05, 0.01)(image=image)["image"]
    scale = (changed[0, 0, 0, 0] - changed[0, 1, 0, 0]) / (image[0, 0, 0, 0] - image[0, 1, 0, 0])
    shift = changed[0, 0, 0, 0] / scale - image[0, 0, 0, 0]
    torch.testing.assert_close(changed, (image + shift) * scale)
    assert 0 < abs(shift) < 0.5
    assert 0 < abs(scale - 1) < 0.1


def test_flips_take_image_and_labels_alike_along_each_axis() -> None:
    """Over many draws, all eight combinations of flips occur, and always together in image and labels."""
    transforms = training_transforms(TrainingSettings(shift_sd=0, scale_sd=0))
    cube = torch.arange(8.0).reshape(1, 2, 2, 2)
    seen = set()
    for _ in range(200):
        sample = transforms(image=cube.clone(), segmentation=cube.to(torch.int16))
        torch.testing.assert_close(sample["image"], sample["segmentation"].float())
        seen.add(tuple(sample["image"].flatten().tolist()))
    assert len(seen) == 8


@pytest.mark.parametrize("probability", [0.0, 0.2, 1.0])
def test_flips_have_the_given_probability(probability: float) -> None:
    torch.manual_seed(0)
    flips = Flips(probability)
    drawn = Counter(axis for _ in range(500) for axis in flips.get_parameters()["axes"])
    assert [drawn[axis] / 500 for axis in range(3)] == pytest.approx([probability] * 3, abs=0.05)


def test_without_flips_segments_stay() -> None:
    transforms = training_transforms(TrainingSettings(shift_sd=0, scale_sd=0, flip_probability=0))
    cube = torch.arange(8.0).reshape(1, 2, 2, 2)
    for _ in range(20):
        torch.testing.assert_close(transforms(image=cube.clone(), segmentation=cube)["image"], cube)


def test_validation_changes_nothing() -> None:
    cube = torch.randn(1, 3, 3, 3)
    torch.testing.assert_close(no_transforms()(image=cube.clone(), segmentation=cube)["image"], cube)


def test_voxel_noise_is_drawn_for_each_voxel_and_only_if_set() -> None:
    torch.manual_seed(0)
    image = torch.zeros(1, 20, 20, 20)
    noise = VoxelNoise(0.3)(image=image.clone())["image"]
    assert abs(noise.std() - 0.3) < 0.02
    assert noise.unique().numel() > 7000
    sample = {"image": image, "segmentation": torch.zeros(1, 20, 20, 20)}
    silent = training_transforms(TrainingSettings(shift_sd=0, scale_sd=0))(**sample)
    noisy = training_transforms(TrainingSettings(shift_sd=0, scale_sd=0, voxel_noise_sd=0.1))(**sample)
    assert silent["image"].unique().numel() == 1
    assert noisy["image"].unique().numel() > 7000

"""Augmentation of a segment before it reaches the network."""

from typing import Any

import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform, ImageOnlyTransform
from batchgeneratorsv2.transforms.spatial.mirroring import MirrorTransform
from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms
from torch import Tensor

from vf_nnunet.training.settings import TrainingSettings


class IntensityShiftScale(ImageOnlyTransform):
    """I' = (I + shift) * scale, each drawn once per segment and channel (DeepMedic's "hist_dist").

    Args:
        shift_sd: Standard deviation of the shift, which has mean 0.
        scale_sd: Standard deviation of the scale, which has mean 1.
    """

    def __init__(self, shift_sd: float, scale_sd: float) -> None:
        super().__init__()
        self.shift_sd = shift_sd
        self.scale_sd = scale_sd

    def get_parameters(self, **data: Any) -> dict[str, Tensor]:
        """Draw shift and scale of each channel."""
        shape = (data["image"].shape[0], 1, 1, 1)
        return {"shift": torch.randn(shape) * self.shift_sd, "scale": 1 + torch.randn(shape) * self.scale_sd}

    def _apply_to_image(self, img: Tensor, **params: Tensor) -> Tensor:
        return (img + params["shift"]).mul_(params["scale"])


class VoxelNoise(ImageOnlyTransform):
    """I' = I + noise, drawn for each voxel and channel.

    Args:
        sd: Standard deviation of the noise.
    """

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def _apply_to_image(self, img: Tensor, **params: Any) -> Tensor:
        return img + torch.randn_like(img) * self.sd


class Flips(MirrorTransform):
    """Flips along each axis with a given probability; nnU-Net's own is one half.

    Args:
        probability: Probability of a flip, for each of the three axes.
    """

    def __init__(self, probability: float) -> None:
        super().__init__(allowed_axes=(0, 1, 2))
        self.probability = probability

    def get_parameters(self, **data: Any) -> dict[str, list[int]]:
        """Draw the axes to flip."""
        return {"axes": [axis for axis in self.allowed_axes if torch.rand(1) < self.probability]}


def training_transforms(settings: TrainingSettings) -> BasicTransform:
    """The paper's augmentation: intensity noise, and flips along each of the three axes."""
    noise: list[BasicTransform] = [IntensityShiftScale(settings.shift_sd, settings.scale_sd)]
    if settings.voxel_noise_sd > 0:
        noise.append(VoxelNoise(settings.voxel_noise_sd))
    return ComposeTransforms([*noise, Flips(settings.flip_probability)])


def no_transforms() -> BasicTransform:
    """Segments as they are, for the inner validation."""
    return ComposeTransforms([])

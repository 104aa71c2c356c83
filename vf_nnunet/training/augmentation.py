"""What happens to a segment between its being drawn and the network: shift, scale, flips, and the target's margin."""

from typing import Any

import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform, ImageOnlyTransform, SegOnlyTransform
from batchgeneratorsv2.transforms.spatial.mirroring import MirrorTransform
from batchgeneratorsv2.transforms.utils.compose import ComposeTransforms
from torch import Tensor

from vf_nnunet.training.settings import TrainingSettings


class IntensityShiftScale(ImageOnlyTransform):
    """I' = (I + shift) * scale with one normal draw of each for a segment and channel (DeepMedic's "hist_dist")."""

    def __init__(self, shift_sd: float, scale_sd: float) -> None:
        super().__init__()
        self.shift_sd = shift_sd
        self.scale_sd = scale_sd

    def get_parameters(self, **data: Any) -> dict[str, Tensor]:
        shape = (data["image"].shape[0], 1, 1, 1)
        return {"shift": torch.randn(shape) * self.shift_sd, "scale": 1 + torch.randn(shape) * self.scale_sd}

    def _apply_to_image(self, img: Tensor, **params: Tensor) -> Tensor:
        return (img + params["shift"]) * params["scale"]


class VoxelNoise(ImageOnlyTransform):
    """I' = I + a normal draw for each voxel and channel."""

    def __init__(self, sd: float) -> None:
        super().__init__()
        self.sd = sd

    def _apply_to_image(self, img: Tensor, **params: Any) -> Tensor:
        return img + torch.randn_like(img) * self.sd


class Flips(MirrorTransform):
    """A flip along each axis, with a probability in place of nnU-Net's one half."""

    def __init__(self, probability: float) -> None:
        super().__init__(allowed_axes=(0, 1, 2))
        self.probability = probability

    def get_parameters(self, **data: Any) -> dict[str, list[int]]:
        return {"axes": [axis for axis in self.allowed_axes if torch.rand(1) < self.probability]}


class CropToValid(SegOnlyTransform):
    """Takes off the labels' margin, which the valid convolutions do not predict; in a list, as nnU-Net's loss wants."""

    def __init__(self, context: tuple[int, int, int]) -> None:
        super().__init__()
        self.context = context

    def _apply_to_segmentation(self, segmentation: Tensor, **params: Any) -> list[Tensor]:
        sizes = segmentation.shape[1:]
        z, y, x = (slice(margin, size - margin) for margin, size in zip(self.context, sizes, strict=True))
        return [segmentation[:, z, y, x]]


def training_transforms(settings: TrainingSettings, context: tuple[int, int, int]) -> BasicTransform:
    """The paper's augmentation: intensity noise, and flips along each of the three axes."""
    noise: list[BasicTransform] = [IntensityShiftScale(settings.shift_sd, settings.scale_sd)]
    if settings.voxel_noise_sd > 0:
        noise.append(VoxelNoise(settings.voxel_noise_sd))
    return ComposeTransforms([*noise, Flips(settings.flip_probability), CropToValid(context)])


def validation_transforms(context: tuple[int, int, int]) -> BasicTransform:
    """No augmentation."""
    return ComposeTransforms([CropToValid(context)])

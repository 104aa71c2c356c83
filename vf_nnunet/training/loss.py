"""Cross-entropy with DeepMedic's L1 and L2 penalties."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from vf_nnunet.training.finite_loss import check_finite


class RegularisedCrossEntropy(nn.Module):
    """Mean cross-entropy over the annotated voxels, plus l1 sum|W| + l2 sum(W^2) over all convolution kernels.

    As DeepMedic v0.7 (cost_functions.py, cnn3d.py): biases, batch normalisation and PReLU are not penalised. The
    penalty is left out where no gradient is needed, so that a validation loss is the plain cross-entropy.

    Args:
        network: Whose kernels are penalised.
        ignore_label: Label of voxels that do not count; None where there is none.
    """

    def __init__(self, network: nn.Module, l1: float, l2: float, ignore_label: int | None) -> None:
        super().__init__()
        self._kernels = [weight for weight in network.parameters() if weight.ndim > 1]
        self.l1 = l1
        self.l2 = l2
        self.ignore_index = -100 if ignore_label is None else ignore_label

    def forward(self, logits: list[Tensor], target: list[Tensor]) -> Tensor:
        """Loss of logits [(N, classes, z, y, x)] and labels [(N, 1, z, y, x)], in lists as nnU-Net hands them over.

        Raises:
            NonFiniteLossError: If it is infinite or not a number.
        """
        labels = target[0][:, 0].long()
        summed = functional.cross_entropy(logits[0], labels, ignore_index=self.ignore_index, reduction="sum")
        loss = summed / (labels != self.ignore_index).sum().clamp(min=1)
        if torch.is_grad_enabled():
            loss = loss + self.penalty()
        check_finite(loss, logits[0])
        return loss

    def penalty(self) -> Tensor:
        """l1 sum|W| + l2 sum(W^2)."""
        absolute = torch.stack([kernel.abs().sum() for kernel in self._kernels]).sum()
        squared = torch.stack([kernel.square().sum() for kernel in self._kernels]).sum()
        return self.l1 * absolute + self.l2 * squared

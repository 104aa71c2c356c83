"""The layer table of the dual-pathway network and the geometry that follows from it.

The paper gives the layout (eight 3x3x3 convolutions in each pathway, two 1x1x1 layers, one classifier, 230,000
parameters) but not the feature maps. The tables of `ARCHITECTURES` reach 230,000 within 0.5% with multiples of eight,
which matrix units process fast: DeepMedic's own table times 0.6 (18,18,24,24,24,24,30,30 and 50,50; 229,693 parameters)
takes 1.7 times as long to train and 1.1 to 1.3 times as long to predict (docs/performance.md).

The paper writes kernels as (left-right, anterior-posterior, longitudinal); its 1x3x3 lies in the sagittal plane,
which is (3, 3, 1) in (z, y, x) of canonical images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from pydantic import PositiveInt, model_validator

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.settings import settings

CONVOLUTIONS = 8
"""Convolutions in each pathway."""
SUBSAMPLING = 3
"""Factor of the subsampled pathway within the plane."""

Counts = tuple[PositiveInt, PositiveInt, PositiveInt]
"""One value per axis (z, y, x)."""
Slices = tuple[slice, slice, slice]
"""A part of an image (z, y, x)."""

CUBIC: Counts = (3, 3, 3)
SAGITTAL: Counts = (3, 3, 1)
FIVE_SAGITTAL_SLICES: Counts = (3, 3, 5)


@settings
class Architecture:
    """Layer table of `DualPathwayNet`: its constructor's arguments, as plans, model cards and checkpoints hold them.

    Attributes:
        widths: Feature maps of the convolutions of either pathway.
        kernel_sizes: One (z, y, x) kernel for each of them.
        hidden_widths: Feature maps of the two 1x1x1 layers.
        subsampling_factor: (z, y, x) factor of the subsampled pathway; odd, so that a block has a centre.
    """

    widths: tuple[PositiveInt, ...]
    kernel_sizes: tuple[Counts, ...]
    hidden_widths: tuple[PositiveInt, PositiveInt]
    subsampling_factor: Counts

    @model_validator(mode="after")
    def _consistent(self) -> "Architecture":
        if not self.widths or len(self.widths) != len(self.kernel_sizes):
            raise ValueError(
                f"{len(self.widths)} widths but {len(self.kernel_sizes)} kernel_sizes; expected one kernel per width"
            )
        if any(factor % 2 == 0 for factor in self.subsampling_factor):
            raise ValueError(f"subsampling_factor is {self.subsampling_factor}; expected odd factors")
        if any(side % 2 == 0 for side in self.receptive_field):
            raise ValueError(f"kernel_sizes give a receptive field of {self.receptive_field}; expected odd sides")
        return self

    @classmethod
    def from_kwargs(cls, kwargs: Any, source: str = "arch_kwargs") -> "Architecture":
        """Read the architecture that `to_kwargs` wrote.

        Args:
            kwargs: `arch_kwargs` of nnU-Net's plans or `architecture` of a model card.
            source: Where they come from, for error messages.

        Raises:
            InputError: If an entry is missing, unknown or malformed.
        """
        if not isinstance(kwargs, Mapping):
            raise InputError(f"{source}: {kwargs!r} found; expected the arguments of the network")
        try:
            return cls(**{name: _as_tuples(value) for name, value in kwargs.items()})
        except InputError as error:
            raise InputError([f"{source}: {problem}" for problem in error.problems]) from error

    def to_kwargs(self) -> dict[str, Any]:
        """The constructor's arguments of `DualPathwayNet`, as JSON holds them."""
        return {name: _as_lists(value) for name, value in asdict(self).items()}

    @property
    def receptive_field(self) -> Counts:
        """Voxels (z, y, x) that the normal pathway sees."""
        z, y, x = (1 + sum(kernel[axis] - 1 for kernel in self.kernel_sizes) for axis in range(3))
        return z, y, x

    @property
    def subsampled_receptive_field(self) -> Counts:
        """Voxels (z, y, x) of the blocks that the subsampled pathway's receptive field covers: 51 = 3 x 17."""
        z, y, x = (factor * field for factor, field in self._factors_and_fields())
        return z, y, x

    @property
    def context(self) -> tuple[int, int, int]:
        """Voxels (z, y, x) read on each side of what is predicted: 24 for a field of 17 at a third of the grid."""
        z, y, x = (factor * (field - 1) // 2 for factor, field in self._factors_and_fields())
        return z, y, x

    def segment_size(self, predicted: int) -> Counts:
        """Voxels (z, y, x) that are read to predict a cube with sides of `predicted` voxels."""
        z, y, x = (predicted + 2 * margin for margin in self.context)
        return z, y, x

    @property
    def block_centres(self) -> Slices:
        """The voxels of an image that the subsampled pathway reads."""
        z, y, x = (slice(factor // 2, None, factor) for factor in self.subsampling_factor)
        return z, y, x

    def without_surplus_context(self, shape: Sequence[int]) -> Slices:
        """The part of an image that the normal pathway reads; it needs half a receptive field of context.

        Args:
            shape: Of the image (z, y, x).
        """
        surplus = (margin - field // 2 for margin, field in zip(self.context, self.receptive_field, strict=True))
        z, y, x = (slice(cut, size - cut) for cut, size in zip(surplus, shape, strict=True))
        return z, y, x

    def _factors_and_fields(self) -> list[tuple[int, int]]:
        return list(zip(self.subsampling_factor, self.receptive_field, strict=True))


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list | tuple) else value


def _as_lists(value: Any) -> Any:
    return list(map(_as_lists, value)) if isinstance(value, tuple) else value


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "3d_fullres": Architecture(
            widths=(16, 16, 16, 16, 24, 32, 32, 32),
            kernel_sizes=(CUBIC,) * CONVOLUTIONS,
            hidden_widths=(96, 80),
            subsampling_factor=(SUBSAMPLING, SUBSAMPLING, SUBSAMPLING),
        ),
        "3d_5slices": Architecture(
            widths=(32, 32, 32, 32, 48, 48, 48, 48),
            kernel_sizes=(FIVE_SAGITTAL_SLICES, *(SAGITTAL,) * (CONVOLUTIONS - 1)),
            hidden_widths=(96, 80),
            subsampling_factor=(SUBSAMPLING, SUBSAMPLING, 1),
        ),
        "3d_1slice": Architecture(
            widths=(32, 32, 32, 32, 48, 48, 48, 48),
            kernel_sizes=(SAGITTAL,) * CONVOLUTIONS,
            hidden_widths=(96, 96),
            subsampling_factor=(SUBSAMPLING, SUBSAMPLING, 1),
        ),
    }
)
"""The three configurations of Table 1 of the paper."""

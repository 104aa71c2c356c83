"""A small spine whose maps, CT, masks and centroids are known exactly."""

from dataclasses import dataclass

import numpy as np

from dataset_conversion.spine.geometry import index_to_world
from evaluation.maps.probability_map import ProbabilityMap
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage

SHAPE = (190, 90, 80)
"""Voxels (z, y, x) of 1 mm."""
SPACING_MM = 33.0
HALF = np.array([11.0, 15.0, 18.0])
"""Half axes (z, y, x) of a body."""
BONE_HU, MARROW_HU, TISSUE_HU, FAT_HU = 700.0, 140.0, 30.0, -100.0


@dataclass
class SmallSpine:
    """Five lumbar bodies, of which the third is fractured.

    Attributes:
        fracture: Probability (z, y, x).
        normal: The same of a normal vertebra.
        hounsfield: HU (z, y, x).
        mask: Number of the body (z, y, x), 20 for L1 to 24 for L5 as in VerSe.
        affine: Voxel index (x, y, z) to LPS mm.
        centres: (5, 3), LPS mm, from the top down.
    """

    fracture: np.ndarray
    normal: np.ndarray
    hounsfield: np.ndarray
    mask: np.ndarray
    affine: np.ndarray
    centres: np.ndarray

    @property
    def maps(self) -> dict[str, ProbabilityMap]:
        """The two maps."""
        both = {"fracture": self.fracture, "normal": self.normal}
        return {name: ProbabilityMap.from_probability(values, self.affine) for name, values in both.items()}

    def image(self, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> HounsfieldImage:
        """The CT."""
        return HounsfieldImage(self.hounsfield, self.affine, spacing)


def small_spine() -> SmallSpine:
    """Bodies at z = 158, 125, 92, 59 and 26, in soft tissue with noise of 5 HU, and fat in front."""
    affine = np.eye(4)
    affine[:3, 3] = (-40.0, -50.0, 200.0)
    z, y, x = np.ogrid[tuple(slice(size) for size in SHAPE)]
    fracture, normal = np.zeros((2, *SHAPE), np.float32)
    hounsfield = np.full(SHAPE, TISSUE_HU, np.float32)
    hounsfield[:, :4] = FAT_HU
    mask = np.zeros(SHAPE, np.uint8)
    middles = [(158.0 - SPACING_MM * number, 45.0, 40.0) for number in range(5)]
    for number, middle in enumerate(middles):
        parts = [(grid - place) / half for grid, place, half in zip((z, y, x), middle, HALF, strict=True)]
        inside = (np.abs(parts[0]) <= 1) & (parts[1] ** 2 + parts[2] ** 2 <= 1)
        core = (np.abs(parts[0]) <= 0.85) & (parts[1] ** 2 + parts[2] ** 2 <= 0.75)
        hounsfield[inside] = BONE_HU
        hounsfield[core] = MARROW_HU + 5 * number
        mask[inside] = 20 + number
        distance = parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2
        vertebra = 0.95 * np.exp(-1.5 * distance).astype(np.float32)
        share = 0.9 if number == 2 else 0.05
        fracture += share * vertebra
        normal += (1 - share) * vertebra
    hounsfield += np.random.default_rng(0).normal(0, 5, SHAPE).astype(np.float32)
    return SmallSpine(fracture, normal, hounsfield, mask, affine, index_to_world(affine, middles))

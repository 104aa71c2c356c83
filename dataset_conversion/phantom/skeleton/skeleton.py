"""The skeleton beside the spine of one case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.bodies_and_discs import BodyDensity
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.skeleton.bones import Bone
from dataset_conversion.phantom.skeleton.pelvis import paint_pelvic_bones
from dataset_conversion.phantom.skeleton.shoulders import Shoulders, draw_shoulders, paint_flesh, paint_shoulders
from dataset_conversion.phantom.skeleton.sternum import paint_sternum


@dataclass(frozen=True)
class Skeleton:
    """The bones beside the spine, where the settings have them and the field shows them.

    Attributes:
        rng: Source of random numbers for what is drawn while they are painted.
        phantom: The phantom.
        shoulders: Its shoulders, if the field shows them.
    """

    rng: np.random.Generator
    phantom: Phantom
    shoulders: Shoulders | None

    def paint_flesh(self, volume: Array) -> None:
        """Paint the soft tissue around the shoulders."""
        if self.shoulders is not None:
            paint_flesh(volume, self.rng, self.phantom, self.shoulders)

    def paint_shoulders(self, volume: Array, density: BodyDensity) -> None:
        """Paint the shoulders and the sternum."""
        settings = self.phantom.settings.shoulders
        if settings is None:
            return
        bone = self._bone(density, self.phantom.settings.ribs.trabecular, settings.texture_length)
        paint_sternum(volume, self.rng, self.phantom, bone, settings.sternum)
        if self.shoulders is not None:
            paint_shoulders(volume, self.rng, self.phantom, self.shoulders, bone)

    def paint_pelvis(self, volume: Array, density: BodyDensity) -> None:
        """Paint the pelvis and the hips, if the spine reaches S1."""
        settings = self.phantom.settings.pelvic_bones
        s1 = next((body for body in self.phantom.bodies if body.level == "S1"), None)
        if settings is None or s1 is None:
            return
        sacrum, hip = (
            self._bone(density, trabecular, settings.texture_length)
            for trabecular in (density.trabecular, self.phantom.settings.pelvis.trabecular)
        )
        paint_pelvic_bones(volume, self.rng, self.phantom.grid, s1, sacrum, hip, settings)

    def _bone(self, density: BodyDensity, trabecular: float, texture_length: float) -> Bone:
        return Bone(density.cortical, trabecular, density.texture_sd, texture_length)


def draw_skeleton(rng: np.random.Generator, phantom: Phantom) -> Skeleton:
    """Draw where the bones beside the spine lie."""
    settings = phantom.settings.shoulders
    shoulders = None if settings is None else draw_shoulders(rng, phantom, settings)
    return Skeleton(rng, phantom, shoulders)

"""The skeleton beside the spine of one case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dataset_conversion.phantom.anatomy.bodies_and_discs import BodyDensity
from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.anatomy.spine import Body
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.skeleton.bones import Bone
from dataset_conversion.phantom.skeleton.flesh import paint_flesh
from dataset_conversion.phantom.skeleton.pelvis import Sides, draw_pelvis, paint_pelvic_bones
from dataset_conversion.phantom.skeleton.shoulders import Shoulders, draw_shoulders, paint_shoulders
from dataset_conversion.phantom.skeleton.sternum import paint_sternum


@dataclass(frozen=True)
class Skeleton:
    """The bones beside the spine, where the settings have them and the field shows them.

    Attributes:
        rng: Source of random numbers for what is drawn while they are painted.
        phantom: The phantom.
        shoulders: Its shoulders, if the field shows them.
        hips: Where its hip bones lie, if the spine reaches them.
    """

    rng: np.random.Generator
    phantom: Phantom
    shoulders: Shoulders | None
    hips: Sides | None

    def paint_flesh(self, volume: Array) -> None:
        """Paint the soft tissue around the shoulders and the hips."""
        settings, shoulders = self.phantom.settings.pelvic_bones, self.shoulders
        if shoulders is not None:
            paint_flesh(volume, self.rng, self.phantom, shoulders.sides, shoulders.shoulder.flesh, shoulders.fat)
        if self.hips is not None and settings is not None:
            paint_flesh(volume, self.rng, self.phantom, self.hips, settings.muscles, None)

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
        settings, s1 = self.phantom.settings.pelvic_bones, _s1(self.phantom)
        if settings is None or s1 is None or self.hips is None:
            return
        sacrum, hip = (
            self._bone(density, trabecular, settings.texture_length)
            for trabecular in (density.trabecular, self.phantom.settings.pelvis.trabecular)
        )
        paint_pelvic_bones(volume, self.rng, self.phantom.grid, s1, self.hips, (sacrum, hip), settings)

    def _bone(self, density: BodyDensity, trabecular: float, texture_length: float) -> Bone:
        return Bone(density.cortical, trabecular, density.texture_sd, texture_length)


def draw_skeleton(rng: np.random.Generator, phantom: Phantom) -> Skeleton:
    """Draw where the bones beside the spine lie."""
    shoulders, pelvis, s1 = phantom.settings.shoulders, phantom.settings.pelvic_bones, _s1(phantom)
    return Skeleton(
        rng=rng,
        phantom=phantom,
        shoulders=None if shoulders is None else draw_shoulders(rng, phantom, shoulders),
        hips=None if pelvis is None or s1 is None else draw_pelvis(rng, s1, pelvis),
    )


def _s1(phantom: Phantom) -> Body | None:
    return next((body for body in phantom.bodies if body.level == "S1"), None)

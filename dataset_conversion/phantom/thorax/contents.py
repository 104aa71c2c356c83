"""The contents of the chest between the lungs, and the vessels of the lungs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dataset_conversion.phantom.anatomy.phantom import Phantom
from dataset_conversion.phantom.shapes.grid import Array
from dataset_conversion.phantom.thorax.great_vessels import Injection, draw_blood, paint_great_vessels
from dataset_conversion.phantom.thorax.heart import paint_heart
from dataset_conversion.phantom.thorax.lung_vessels import paint_lung_vessels
from dataset_conversion.phantom.thorax.mediastinum import Mediastinum
from dataset_conversion.phantom.thorax.oesophagus import paint_oesophagus
from dataset_conversion.phantom.tissue.chest import Diaphragm, paint_airways
from dataset_conversion.phantom.tissue.vessels import Vessel


def paint_thorax(
    volume: Array,
    rng: np.random.Generator,
    phantom: Phantom,
    diaphragm: Diaphragm,
    aorta: Vessel,
    blood: Mapping[str, float],
) -> Injection | None:
    """Paint the heart, the vessels, the oesophagus and the airways of a cohort that has them.

    Args:
        volume: Densities of all voxels in HU.
        rng: Source of random numbers.
        phantom: The phantom.
        diaphragm: What the heart lies on.
        aorta: The descending aorta.
        blood: Density of arteries and veins in HU.

    Returns:
        Where there is undiluted contrast medium, if anywhere.
    """
    settings = phantom.settings.thorax
    if settings is None:
        return None
    place = Mediastinum(phantom, rng.uniform(*settings.lift))
    mixed, injected = draw_blood(rng, blood, settings)
    paint_lung_vessels(volume, rng, phantom, place, mixed["pulmonary"], settings)
    paint_oesophagus(volume, rng, phantom, place, settings)
    paint_heart(volume, rng, phantom, place, diaphragm, mixed, settings)
    paint_great_vessels(volume, rng, phantom, place, aorta, mixed, settings)
    paint_airways(volume, phantom)
    return None if injected is None else Injection(place, injected)

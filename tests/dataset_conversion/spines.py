"""Drawn spines on drawn grids, for tests of properties."""

from itertools import permutations, product

import nibabel as nib
import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.anatomy import expected_spacing
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS
from dataset_conversion.spine.vertebra_table import Vertebra

REGULAR = [level for level in LEVELS if level not in SUPERNUMERARY_LEVELS]
ORIENTATIONS = [
    np.column_stack([axes, flips]) for axes, flips in product(permutations(range(3)), product((1, -1), repeat=3))
]
"""All 48: which new axis each axis becomes, and whether it is flipped."""
MARGIN = 12.0


def reoriented(volume: Volume, orientation: np.ndarray) -> Volume:
    """The same scan on other stored axes."""
    array = nib.orientations.apply_orientation(volume.array.T, orientation).T
    affine = volume.affine @ nib.orientations.inv_ornt_aff(orientation, volume.array.T.shape)
    return Volume(np.ascontiguousarray(array), affine)


@st.composite
def spines(draw: st.DrawFn, longest: int = 4) -> list[Vertebra]:
    """One to `longest` neighbours of any size, curvature and grades, centred on the origin."""
    count = draw(st.integers(1, longest))
    first = draw(st.integers(0, len(REGULAR) - count))
    levels = REGULAR[first : first + count]
    size = draw(st.floats(0.75, 1.3))
    tilts = draw(st.lists(st.tuples(st.floats(-0.25, 0.25), st.floats(-0.25, 0.25)), min_size=count, max_size=count))
    shares = draw(st.lists(st.floats(0.6, 1.3), min_size=count, max_size=count))
    grades = draw(st.lists(st.sampled_from([None, 0, 1, 2, 3]), min_size=count, max_size=count))
    steps = [np.zeros(3)]
    heading = np.zeros(2)
    for upper, lower, tilt, share in zip(levels, levels[1:], tilts, shares, strict=False):
        heading = heading + tilt
        direction = np.array([*heading, -1.0]) / np.linalg.norm([*heading, 1.0])
        steps.append(direction * size * share * expected_spacing(upper, lower))
    places = np.cumsum(steps, axis=0)
    places -= places.mean(axis=0)
    return [
        Vertebra("a", "a", level, float(x), float(y), float(z), grade)
        for level, (x, y, z), grade in zip(levels, places, grades, strict=True)
    ]


@st.composite
def grids(draw: st.DrawFn, vertebrae: list[Vertebra]) -> Volume:
    """A canonical, often oblique grid around a spine, blank, that may cut its outermost vertebrae."""
    spacing = np.array(draw(st.tuples(*[st.floats(1.2, 4.0)] * 3)))
    turn = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-15, 15)] * 3)), degrees=True).as_matrix()
    reach = np.abs([vertebra.centroid for vertebra in vertebrae]).max(axis=0) + MARGIN
    shape = np.ceil(2 * reach / spacing).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = turn * spacing
    affine[:3, 3] = -turn @ reach
    return Volume(np.zeros(shape[::-1], dtype=np.int16), affine)


@st.composite
def spines_on_grids(draw: st.DrawFn) -> tuple[Volume, list[Vertebra]]:
    """A spine and a grid around it."""
    vertebrae = draw(spines())
    return draw(grids(vertebrae)), vertebrae

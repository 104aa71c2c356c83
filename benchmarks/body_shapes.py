"""Compare the vertebral bodies of phantoms with those of real masks: size, concavity and waist.

python -m benchmarks.body_shapes MASK [MASK ...] [--cases N]

A mask is a label map of whole vertebrae (VerSe, TotalSegmentator); the body is cut out of each as `convert` does. Sizes
are shares of the level's mean in `spine.anatomy`. Bodies that the image cuts are left out. Fractures are part of both.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dataset_conversion.label_maps.body_parts import find_body
from dataset_conversion.label_maps.vertebra_masks import read_vertebra_masks
from dataset_conversion.phantom.cohort.case import plan_case, render_case
from dataset_conversion.phantom.cohort.presets import BODY
from dataset_conversion.phantom.settings.acquisition import FieldSettings
from dataset_conversion.phantom.settings.cohort import PhantomSettings
from dataset_conversion.phantom.settings.varied_anatomy import varied_anatomy
from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import FloatArray, index_to_world

Shapes = list[Mapping[str, float]]
CLOSE = 3.0
"""Half thickness in mm of the slabs in which a body is measured."""
MEASURING_POSITION = 0.7
"""Position of the anterior and posterior heights, as a share of the half depth."""
FIELD = FieldSettings(crop=(110.0, 110.0))


def main() -> None:
    """Print percentiles of the shapes of real bodies, of the phantoms of today's preset, and of varied phantoms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("masks", type=Path, nargs="+")
    parser.add_argument("--cases", type=int, default=8, help="phantoms of each kind")
    arguments = parser.parse_args()
    base = replace(BODY, field_of_view=FIELD)
    groups = {
        "real": [shape for path in arguments.masks for shape in real_shapes(path)],
        "phantoms": phantom_shapes(base, arguments.cases),
        "varied phantoms": phantom_shapes(varied_anatomy(base), arguments.cases),
    }
    sys.stdout.write("| measure | group | bodies | p5 | p25 | p50 | p75 | p95 | real in p1 to p99 |\n")
    sys.stdout.write("|---|---|---|---|---|---|---|---|---|\n")
    for measure in groups["real"][0]:
        real = np.array([shape[measure] for shape in groups["real"]])
        for name, shapes in groups.items():
            values = np.array([shape[measure] for shape in shapes])
            low, *percentiles, high = np.percentile(values, (1, 5, 25, 50, 75, 95, 99))
            inside = np.mean((real >= low) & (real <= high))
            cells = " | ".join(f"{value:.2f}" for value in percentiles)
            sys.stdout.write(f"| {measure} | {name} | {len(values)} | {cells} | {inside:.0%} |\n")


def real_shapes(path: Path) -> Shapes:
    """The shapes of the bodies of a mask of whole vertebrae."""
    masks = read_vertebra_masks(path)
    indices = {level: np.argwhere(masks.array == number) for number, level in masks.levels.items()}
    centres = {level: index_to_world(masks.affine, own).mean(axis=0) for level, own in indices.items()}
    shapes = []
    for level, own in indices.items():
        if level[0] == "C" or is_cut(own, masks.array.shape):
            continue
        up = direction(centres, level)
        try:
            body = find_body(own, masks.affine, up)
        except InputError:
            continue
        if body is not None:
            shapes.append(measure_body(index_to_world(masks.affine, body.indices), up, level))
    return shapes


def phantom_shapes(settings: PhantomSettings, cases: int) -> Shapes:
    """The shapes of the bodies of phantoms."""
    return [shape for case in range(cases) for shape in shapes_of_case(settings, case)]


def shapes_of_case(settings: PhantomSettings, case: int) -> Iterator[Mapping[str, float]]:
    """The shapes of the bodies above the sacrum of one phantom."""
    plan = plan_case(1, case, settings)
    _, mask = render_case(plan, settings)
    for number, body in enumerate(plan.visible, start=1):
        own = np.argwhere(mask.array == number)
        if not body.sacral and not is_cut(own, mask.array.shape):
            yield measure_body(index_to_world(mask.affine, own), body.frame.up, body.level)


def is_cut(indices: npt.NDArray[np.integer], shape: tuple[int, ...]) -> bool:
    """Whether voxels touch the border of their image."""
    return bool(np.any(indices.min(axis=0) == 0) or np.any(indices.max(axis=0) == np.array(shape) - 1))


def direction(centres: Mapping[str, FloatArray], level: str) -> FloatArray:
    """Unit vector up the spine at a level, from its neighbours."""
    order = list(centres)
    place = order.index(level)
    up = centres[order[max(place - 1, 0)]] - centres[order[min(place + 1, len(order) - 1)]]
    return np.asarray(up / np.linalg.norm(up) if np.any(up) else np.array([0.0, 0.0, 1.0]))


def measure_body(points: FloatArray, up: FloatArray, level: str) -> Mapping[str, float]:
    """Measures of a body from the centres (n, 3) of its voxels in LPS mm."""
    back = np.array([0.0, 1.0, 0.0]) - up * up[1]
    back /= np.linalg.norm(back)
    local = (points - points.mean(axis=0)) @ np.stack([np.cross(back, up), back, up], axis=1)
    u, v, w = local.T
    size = body_size(level)
    central = np.abs(u) < CLOSE
    depth = extent(v[central & (np.abs(w) < CLOSE)])
    posterior, middle, anterior = (
        extent(w[central & (np.abs(v - place * depth / 2) < CLOSE)])
        for place in (MEASURING_POSITION, 0.0, -MEASURING_POSITION)
    )
    width = extent(u[np.abs(w) < CLOSE])
    rim = np.abs(np.abs(w) - 0.36 * posterior) < CLOSE / 2
    return {
        "width at the middle / mean": width / size.width,
        "depth at the middle / mean": depth / size.depth,
        "posterior height / mean": posterior / size.height,
        "anterior / posterior height": anterior / posterior,
        "middle / posterior height": middle / posterior,
        "width at the middle / at the rims": width / extent(u[rim]),
        "depth at the middle / at the rims": depth / extent(v[rim & central]),
    }


def extent(values: FloatArray) -> float:
    """Extent of coordinates in mm, without single outlying voxels."""
    low, high = np.percentile(values, (1, 99)) if values.size else (0.0, 0.0)
    return max(float(high - low), 0.1)


if __name__ == "__main__":
    main()

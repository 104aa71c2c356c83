"""Compare the Hounsfield units of phantoms with those of real CTs, around the centroids of the vertebrae.

python -m benchmarks.phantom_intensities PHANTOMS [--real CT ANNOTATION] ... [--cases N]

PHANTOMS is a folder of `vf_nnunet phantom`. CT is a CT and ANNOTATION one in any format that `convert` reads. Each CT
is reduced to medians: of small boxes at fixed distances from the centroids, and of the voxels whose values are those of
a tissue; and to the share of places beside the upper thoracic bodies that hold lung. The phantoms' column has the 5th
and the 95th percentile over the cases.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.pairing import case_id_of
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume
from dataset_conversion.readers.registry import read_case_annotations
from dataset_conversion.spine.anatomy import body_size
from dataset_conversion.spine.geometry import FloatArray, world_to_index
from dataset_conversion.spine.vertebra_table import TABLE_FILE, Vertebra, by_case, read_vertebra_table

Values = Mapping[str, float]
BOXES = {
    "middle of the bodies": ((0.0, 0.0, 0.0),),
    "canal": ((0.0, 9.0, 0.0),),
    "muscle of the back": ((-25.0, 32.0, 0.0), (25.0, 32.0, 0.0)),
}
"""Offsets in LPS mm: of the middle from the centroid, of the others from the mean position of the posterior wall."""
HALF_MM = 3.0
"""Half side of a box."""
TISSUES = {"fat": (-150.0, -50.0), "lung": (-980.0, -600.0)}
"""Limits in HU of the voxels whose median is taken."""
CONTACT = "lung at both sides of T2 to T6, % of the places"
CONTACT_LEVELS, CONTACT_MM, AIR = ("T2", "T3", "T4", "T5", "T6"), 6.0, -400.0
"""Levels, distance of the boxes from the side walls of a body of mean size, and the HU below which one is lung."""
NOISE, BRIGHTEST = "noise between neighbouring voxels", "99.9th percentile of the image"
LEAST_SHARE = 0.005
"""Share of an image below which a tissue is not in it."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("phantoms", type=Path)
    parser.add_argument("--real", type=Path, nargs=2, action="append", default=[], metavar=("CT", "ANNOTATION"))
    parser.add_argument("--cases", type=int, help="the first phantoms only")
    arguments = parser.parse_args()
    phantoms = phantom_values(arguments.phantoms, arguments.cases)
    real = dict(real_values(ct, annotation) for ct, annotation in arguments.real)
    sys.stdout.write(table(phantoms, real))


def phantom_values(folder: Path, cases: int | None) -> list[Values]:
    """The values of each phantom."""
    marked = by_case(read_vertebra_table(folder / TABLE_FILE))
    return [measure(read_ct(folder / "images" / f"{case}.nii.gz"), marked[case]) for case in sorted(marked)[:cases]]


def real_values(ct: Path, annotation: Path) -> tuple[str, Values]:
    """The case id of a real CT, and its values."""
    case = case_id_of(ct) or ct.name
    found = read_case_annotations(annotation, {case: read_image_header(ct)}).by_case[case]
    return case, measure(read_ct(ct), found.vertebrae)


def measure(ct: Volume, vertebrae: Sequence[Vertebra]) -> Values:
    """The values of a CT."""
    boxes = {
        name: [
            box_median(ct, np.add(vertebra.centroid, offset) + (wall(vertebra) if any(offset) else 0.0))
            for vertebra in vertebrae
            for offset in offsets
        ]
        for name, offsets in BOXES.items()
    }
    return {
        **{name: float(np.nanmedian(found)) for name, found in boxes.items() if not np.all(np.isnan(found))},
        **lung_contact(ct, vertebrae),
        **{name: median for name, limits in TISSUES.items() if (median := tissue_median(ct, *limits)) is not None},
        NOISE: noise(ct, vertebrae),
        BRIGHTEST: float(np.percentile(ct.array[::2, ::2, ::2], 99.9)),
    }


def lung_contact(ct: Volume, vertebrae: Sequence[Vertebra]) -> Values:
    """Per cent of the places beside the upper thoracic bodies that hold lung; none if the image shows no such body."""
    sides = [
        box_median(ct, np.add(vertebra.centroid, (side * (body_size(vertebra.vertebra).width / 2 + CONTACT_MM), 0, 0)))
        for vertebra in vertebrae
        if vertebra.vertebra in CONTACT_LEVELS
        for side in (-1, 1)
    ]
    seen = np.array(sides)[~np.isnan(sides)]
    return {CONTACT: 100 * float(np.mean(seen < AIR))} if seen.size else {}


def wall(vertebra: Vertebra) -> FloatArray:
    """From a centroid to the posterior wall of a body of mean size, in LPS mm."""
    return np.array([0.0, body_size(vertebra.vertebra).depth / 2, 0.0])


def box_at(ct: Volume, centre: FloatArray) -> FloatArray:
    """The voxels of a box around a point in LPS mm, as far as they lie in the image."""
    index = world_to_index(ct.affine, np.asarray(centre, np.float64)[None])[0]
    reach = HALF_MM / np.asarray(ct.spacing)
    low, high = np.round(index - reach).astype(int), np.round(index + reach).astype(int) + 1
    z, y, x = (slice(max(start, 0), max(stop, 0)) for start, stop in zip(low, high, strict=True))
    return np.asarray(ct.array[z, y, x], np.float64)


def box_median(ct: Volume, centre: FloatArray) -> float:
    """The median of a box; NaN outside the image."""
    box = box_at(ct, centre)
    return float(np.median(box)) if box.size else float("nan")


def tissue_median(ct: Volume, low: float, high: float) -> float | None:
    """The median of the voxels with values of a tissue; None if there are too few."""
    thinned = ct.array[::2, ::2, ::2]
    found = thinned[(thinned > low) & (thinned < high)]
    return float(np.median(found)) if found.size > LEAST_SHARE * thinned.size else None


def noise(ct: Volume, vertebrae: Sequence[Vertebra]) -> float:
    """Robust standard deviation of the difference of neighbouring voxels in the bodies, over the square root of two."""
    boxes = [box_at(ct, np.asarray(vertebra.centroid)) for vertebra in vertebrae]
    differences = np.concatenate([np.diff(box, axis=2).ravel() for box in boxes])
    return float(1.4826 * np.median(np.abs(differences - np.median(differences))) / np.sqrt(2))


def table(phantoms: Sequence[Values], real: Mapping[str, Values]) -> str:
    """The table in Markdown."""
    lines = [f"| HU | {len(phantoms)} phantoms | {' | '.join(real)} |", "|---|---|" + "---|" * len(real)]
    for name in (*BOXES, CONTACT, *TISSUES, NOISE, BRIGHTEST):
        found = [values[name] for values in phantoms if name in values]
        spread = "{:.0f} to {:.0f}".format(*np.percentile(found, (5, 95))) if found else ""
        cells = [f"{values[name]:.0f}" if name in values else "" for values in real.values()]
        lines.append(f"| {name} | {spread} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

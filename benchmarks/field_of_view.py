"""Measure how much a vertebra's score changes with the field of view of the same CT.

python benchmarks/field_of_view.py -m MODEL [MODEL ...] --ct CT [CT ...] [--centroids PATH | --masks PATH] [-f K ...]

Each CT is padded with air, moved by a voxel of air, cropped to 60 mm around its spine and laid on a couch. After each
change it is preprocessed and predicted anew, and the score of each vertebra, the Gaussian-weighted mean probability of
fracture in the cube of 10 voxels, is compared with that of the unchanged CT. Vertebrae whose cube has 24 voxels of
real context in the unchanged CT are counted apart from those near its border, where reflection takes the place of
context. Only the blocks around the centres are computed, which gives the probabilities of the whole image. Without
centres, those that the model locates in the unchanged CT are taken.

The subsampled pathway reads every third voxel, so that its result depends on where the image begins. The paddings are
therefore near to multiples of 3 mm; the CT that is moved by one and two voxels shows that effect alone.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume
from dataset_conversion.spine.bone.hounsfield import AIR
from dataset_conversion.spine.geometry import FloatArray, index_to_world, world_to_index
from dataset_conversion.spine.image_source import ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.settings import ScoringSettings
from evaluation.vertebra.score import centre_scores
from vf_nnunet.inference.backend import Backend
from vf_nnunet.inference.open_backend import open_backend
from vf_nnunet.inference.preprocessing import NetworkImage, Preprocessing, preprocess
from vf_nnunet.inference.probability_maps import class_maps
from vf_nnunet.inference.tiling import TilingSettings, compute_tiles
from vf_nnunet.model.model import Model
from vf_nnunet.model.open_model import open_model
from vf_nnunet.region.prediction import plan_region, predict_region
from vf_nnunet.screening.sources import find_cases
from vf_nnunet.screening.vertebrae.centres import VertebraCentre, locate_centres
from vf_nnunet.screening.vertebrae.given import check_source, read_given
from vf_nnunet.screening.vertebrae.hounsfield import network_affine
from vf_nnunet.screening.vertebrae.options import VertebraOptions

CUBE_SIDE = 10
REACH = CUBE_SIDE // 2 + 1
"""Voxels from a centre to the farthest one that its score reads."""
CONTEXT = 24
BLOCK = 3
TILE = 18
"""Voxels that are computed around a centre: its cube, wherever it lies between blocks."""
PADDINGS_MM = (50.0, 100.0, 150.0, 200.0)
MOVES = (1, 2)
CROP_MM = 60.0
SEARCHED = 30
"""Voxels that a crop is made larger at most, to end at a block."""
COUCH_MM = (20.0, 40.0)
"""Distance of the couch from the edge of the image, and its thickness."""
COUCH_SKIN_MM = 3.0
COUCH_SKIN_HU, COUCH_CORE_HU = 100, -900
Z, Y, X = range(3)


def main() -> None:
    """Print a table, and write all scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", dest="models", type=Path, nargs="+", required=True)
    parser.add_argument("-f", dest="folds", nargs="+", default=None, help="default: all trained folds")
    parser.add_argument("--ct", type=Path, nargs="+", required=True)
    parser.add_argument("--centroids", type=Path, default=None)
    parser.add_argument("--masks", type=Path, default=None)
    parser.add_argument("--backend", default=None)
    parser.add_argument("-o", dest="output", type=Path, default=None, help="JSON file for all scores")
    arguments = parser.parse_args()
    cts = {case: ct for path in arguments.ct for case, ct in find_cases(path).paths.items()}
    options = VertebraOptions(centroids=arguments.centroids, masks=arguments.masks)
    options = check_source(options, cts)
    found = []
    sys.stdout.write(
        "| model | CT | change | with context | largest change | near the border | largest change |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    for path in arguments.models:
        model = open_model(path, arguments.folds)
        backend = open_backend(model.ensemble, arguments.backend)
        for case, ct in cts.items():
            for row in compare(case, ct, model, backend, options):
                found.append({"model": str(path), "ct": case, **row})
                sys.stdout.write(f"| {path} | {case} | {_cells(row)} |\n")
                sys.stdout.flush()
    if arguments.output is not None:
        arguments.output.write_text(json.dumps(found, indent=1))


def _cells(row: dict[str, object]) -> str:
    return " | ".join(
        f"{value:.4f}" if isinstance(value, float) else "-" if value is None else str(value)
        for value in (row[name] for name in ("change", "inner", "inner_change", "border", "border_change"))
    )


def compare(
    case: str, ct: ImageSource, model: Model, backend: Backend, options: VertebraOptions
) -> Iterator[dict[str, object]]:
    """The largest change of the scores by each change of the CT."""
    volume = read_ct(ct)
    preprocessing = Preprocessing.from_entries(model.card.preprocessing, model.card.name)
    image = preprocess(volume.array, volume.affine, preprocessing)
    given = read_given(case, read_image_header(ct), options)
    vertebrae = given.vertebrae if given is not None else _located(image, model, backend)
    centres = np.array([vertebra.centre for vertebra in vertebrae])
    before = scores(image, model, backend, centres)
    inner = has_context(image, centres)
    yield _row("unchanged", before, before, inner)
    del image
    for name, changed in changes(volume, centres):
        image = preprocess(changed.array, changed.affine, preprocessing)
        yield _row(name, before, scores(image, model, backend, centres), inner)


def _row(name: str, before: FloatArray, after: FloatArray, inner: np.ndarray) -> dict[str, object]:
    change = np.abs(after - before)
    return {
        "change": name,
        "inner": int(inner.sum()),
        "inner_change": float(change[inner].max()) if inner.any() else None,
        "border": int((~inner).sum()),
        "border_change": float(change[~inner].max()) if (~inner).any() else None,
        "scores": after.tolist(),
        "has_context": inner.tolist(),
    }


def _located(image: NetworkImage, model: Model, backend: Backend) -> Sequence[VertebraCentre]:
    plan = plan_region(backend, image.array, TilingSettings())
    maps = {name: np.zeros(image.array.shape[1:], np.float32) for name in model.card.classes.maps}
    for place, block in predict_region(backend, image.array, plan):
        for name, probability in class_maps(block, model.card.classes).items():
            maps[name][place] = probability
    affine = network_affine(image)
    return locate_centres({name: ProbabilityMap.from_probability(found, affine) for name, found in maps.items()})


def scores(image: NetworkImage, model: Model, backend: Backend, centres: FloatArray) -> FloatArray:
    """The score (centres,) at each centre, from the tile around it."""
    affine = network_affine(image)
    found = []
    for centre, index in zip(centres, world_to_index(affine, centres), strict=True):
        sides = [
            slice(max(0, math.floor(at - REACH) // BLOCK * BLOCK), size)
            for at, size in zip(index, image.array.shape[1:], strict=True)
        ]
        z, y, x = (slice(side.start, min(side.start + TILE, side.stop)) for side in sides)
        ((_, block),) = compute_tiles(backend, image.array, (TILE,) * 3, [(z, y, x)])
        own = affine.copy()
        own[:3, 3] = index_to_world(affine, [z.start, y.start, x.start])[0]
        part = ProbabilityMap.from_probability(class_maps(block, model.card.classes)[FRACTURE_NAME], own)
        found.append(centre_scores(part, centre[np.newaxis], CUBE_SIDE, ScoringSettings())[0])
    return np.array(found)


def has_context(image: NetworkImage, centres: FloatArray) -> np.ndarray:
    """Whether (centres,) the network reads no reflected voxel for a score."""
    index = world_to_index(network_affine(image), centres)
    margin, last = CONTEXT + REACH, np.array(image.array.shape[1:]) - 1
    inside: np.ndarray = np.all((index >= margin) & (index <= last - margin), axis=1)
    return inside


def changes(volume: Volume, centres: FloatArray) -> Iterator[tuple[str, Volume]]:
    """The changed CTs by name."""
    for mm in PADDINGS_MM:
        depth, width = (_whole_blocks(mm, volume.spacing[axis]) for axis in (Y, X))
        yield f"{mm:.0f} mm of air at four sides", padded(volume, [(0, 0), (depth, depth), (width, width)])
    for count in MOVES:
        yield f"moved by {count} voxel{'s' * (count > 1)} of air along each axis", padded(volume, [(count, 0)] * 3)
    yield f"cropped to {CROP_MM:.0f} mm around the spine", cropped(volume, centres)
    yield "a couch behind it", on_couch(volume)


def _whole_blocks(mm: float, spacing: float) -> int:
    """Voxels near a distance whose extent is nearest to a multiple of the network's blocks of 3 mm."""
    return _nearest_to_blocks(np.arange(round((mm - 10) / spacing), round((mm + 10) / spacing) + 1), spacing)


def _nearest_to_blocks(counts: np.ndarray, spacing: float) -> int:
    """The number of voxels whose extent is nearest to a multiple of the network's blocks of 3 mm."""
    blocks = counts * spacing / BLOCK
    return int(counts[np.argmin(np.abs(blocks - np.rint(blocks)))])


def padded(volume: Volume, widths: Sequence[tuple[int, int]]) -> Volume:
    """Add voxels of air before and after each axis (z, y, x)."""
    affine = volume.affine.copy()
    affine[:3, 3] = index_to_world(affine, [-before for before, _ in widths])[0]
    return replace(volume, array=np.pad(volume.array, widths, constant_values=AIR), affine=affine)


def cropped(volume: Volume, centres: FloatArray) -> Volume:
    """Keep what lies within 60 mm of the spine to the front, the back and the sides, and the rest of a block."""
    index = world_to_index(volume.affine, centres)
    sides = [slice(0, volume.array.shape[Z])]
    for axis in (Y, X):
        reach = CROP_MM / volume.spacing[axis]
        first, last = math.floor(index[:, axis].min() - reach), math.ceil(index[:, axis].max() + reach)
        start = _nearest_to_blocks(np.arange(max(first, 0) + 1)[-SEARCHED:], volume.spacing[axis])
        count = _nearest_to_blocks(np.arange(last + 1 - start, last + 1 - start + SEARCHED), volume.spacing[axis])
        stop = start + count
        # A side that reaches the border of the image is not cut.
        size = volume.array.shape[axis]
        sides.append(slice(start, stop if stop < size else size))
    affine = volume.affine.copy()
    affine[:3, 3] = index_to_world(affine, [side.start for side in sides])[0]
    return replace(volume, array=volume.array[tuple(sides)], affine=affine)


def on_couch(volume: Volume) -> Volume:
    """Add air behind the patient, and in it a couch over the whole width: a core of foam in a dense skin."""
    spacing = volume.spacing[Y]
    near, thick, skin = (round(mm / spacing) for mm in (*COUCH_MM, COUCH_SKIN_MM))
    behind = volume.array.shape[Y]
    result = padded(volume, [(0, 0), (0, _whole_blocks(sum(COUCH_MM) + COUCH_MM[0], spacing)), (0, 0)])
    result.array[:, behind + near : behind + near + thick] = COUCH_SKIN_HU
    result.array[:, behind + near + skin : behind + near + thick - skin] = COUCH_CORE_HU
    return result


if __name__ == "__main__":
    main()

"""Cut the volumes of one case for the viewer: CT and map of fracture around the spine, in one byte per voxel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.spine.geometry import FloatArray, Geometry, index_to_world
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.maps.quantisation import dequantise
from evaluation.report.viewer import BYTE, box_around, nifti_bytes
from vf_nnunet.screening.vertebrae.hounsfield import HounsfieldImage
from vf_nnunet.screening.worklist.settings import VOLUMES, VolumeSettings

Point = Sequence[float]
ByteVolume = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class CaseVolumes(Geometry):
    """CT and map on one grid.

    Attributes:
        grey: (z, y, x), steps of Hounsfield units as the settings say.
        probability: (z, y, x), steps of 1/255.
        affine: 4x4, voxel index (x, y, z) to LPS mm.
        has_ct: Whether `grey` is a CT; otherwise it is even.
        settings: How they were cut.
    """

    grey: ByteVolume
    probability: ByteVolume
    affine: FloatArray
    has_ct: bool
    settings: VolumeSettings = VOLUMES

    def ct_file(self) -> bytes:
        """The CT as a compressed NIfTI file."""
        used = self.settings
        return nifti_bytes(self.grey, self.affine, used.hounsfield_step, used.lowest_hounsfield, used.compression)

    def probability_file(self) -> bytes:
        """The map as a compressed NIfTI file."""
        return nifti_bytes(self.probability, self.affine, 1 / BYTE, compression=self.settings.compression)


def cut_volumes(
    image: HounsfieldImage | None,
    fracture: ProbabilityMap,
    centres: Sequence[Point],
    findings: Sequence[Point],
    settings: VolumeSettings = VOLUMES,
) -> CaseVolumes:
    """Cut out what the viewer shows of a case. Without vertebrae and findings it is everything.

    Args:
        image: The CT on canonical axes, on any grid; None if it is not at hand.
        fracture: The map on canonical axes.
        centres: Centres of the vertebrae (x, y, z) in LPS mm.
        findings: Centres of the findings, likewise.
        settings: Spacing and size.
    """
    start, stop = _box(fracture, centres, findings, settings)
    extent = stop - start
    step = np.maximum(1.0, np.asarray(settings.spacing) / fracture.spacing)
    step = step * max(1.0, float(np.prod(extent / step)) / settings.largest_voxels) ** (1 / 3)
    shape = np.maximum(1, np.floor(extent / step + 1e-6)).astype(int)
    # The voxels of a coarser grid lie in the middle of those that they stand for.
    first = start + (step - 1) / 2
    affine = fracture.affine @ np.diag([*step[::-1], 1.0])
    affine[:3, 3] = index_to_world(fracture.affine, first)[0]
    return CaseVolumes(
        grey=_greys(image, affine, shape, settings),
        probability=_probabilities(fracture, (start, stop), step, shape),
        affine=affine,
        has_ct=image is not None,
        settings=settings,
    )


def _box(
    fracture: ProbabilityMap, centres: Sequence[Point], findings: Sequence[Point], settings: VolumeSettings
) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """First index and one past the last index (z, y, x) of the spine and the findings, within the map."""
    lows, highs = [], []
    if len(centres):
        low, high = box_around(fracture, np.asarray(centres, dtype=float))
        lows.append(np.array(low))
        highs.append(np.array(high))
    margin = settings.finding_margin / np.asarray(fracture.spacing)
    for index in fracture.world_to_index(findings) if len(findings) else ():
        lows.append(np.floor(index - margin).astype(int))
        highs.append(np.ceil(index + margin).astype(int) + 1)
    if not lows:
        return np.zeros(3, int), np.array(fracture.shape)
    start = np.clip(np.min(lows, axis=0), 0, np.array(fracture.shape) - 1)
    return start, np.clip(np.max(highs, axis=0), start + 1, fracture.shape)


def _greys(
    image: HounsfieldImage | None, affine: FloatArray, shape: npt.NDArray[np.int_], settings: VolumeSettings
) -> ByteVolume:
    """One plane at a time: the places of all voxels would take many times the memory of the volume."""
    grey = np.empty(tuple(shape), np.uint8)
    rows, columns = np.indices(tuple(shape[1:]))
    plane = np.stack([np.zeros_like(rows), rows, columns], axis=-1).reshape(-1, 3)
    for z in range(shape[0]):
        plane[:, 0] = z
        even = np.full(len(plane), settings.without_ct)
        hounsfield = even if image is None else image.at(index_to_world(affine, plane))
        steps = np.rint((hounsfield - settings.lowest_hounsfield) / settings.hounsfield_step)
        grey[z] = np.clip(steps, 0, BYTE).astype(np.uint8).reshape(grey.shape[1:])
    return grey


def _probabilities(
    fracture: ProbabilityMap,
    box: tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]],
    step: FloatArray,
    shape: npt.NDArray[np.int_],
) -> ByteVolume:
    inside = tuple(slice(first, stop) for first, stop in zip(*box, strict=True))
    probability = ndimage.affine_transform(
        dequantise(fracture.quantised[inside]), step, (step - 1) / 2, tuple(shape), order=1, mode="nearest"
    )
    steps: ByteVolume = np.rint(np.clip(probability, 0, 1) * BYTE).astype(np.uint8)
    return steps

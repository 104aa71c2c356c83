"""The CTs of an annotation, read as `convert` reads them, the last ones kept in memory."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.registry import read_image_header
from dataset_conversion.spine.case_names import patient_of
from dataset_conversion.spine.geometry import Geometry
from dataset_conversion.spine.image_source import ImageSource

MEGABYTE = 1_000_000


@dataclass(frozen=True, eq=False)
class OpenCt(Geometry):
    """A CT for the page.

    Attributes:
        voxels: Hounsfield units as int16 (z, y, x), on canonical LPS axes.
        affine: Voxel index (x, y, z) to LPS mm, 4x4.
        patient_id: The patient.
        warnings: Things that a person should know about the file.
    """

    voxels: npt.NDArray[np.int16]
    affine: npt.NDArray[np.floating]
    patient_id: str
    warnings: tuple[str, ...]


class OpenCts:
    """Reads CTs one at a time, and keeps the last ones.

    Args:
        paths: Image file or DICOM series by case id.
        cached_megabytes: CTs up to this size together stay in memory. The last one always does.
    """

    def __init__(self, paths: Mapping[str, ImageSource], cached_megabytes: int) -> None:
        self._paths, self._limit = paths, cached_megabytes * MEGABYTE
        self._open: OrderedDict[str, OpenCt] = OrderedDict()
        self._lock = Lock()

    def read(self, case_id: str) -> OpenCt:
        """The CT of a case.

        Raises:
            InputError: As for `read_ct`.
        """
        with self._lock:
            if case_id not in self._open:
                self._open[case_id] = _read(case_id, self._paths[case_id])
            self._open.move_to_end(case_id)
            while len(self._open) > 1 and self._size() > self._limit:
                self._open.popitem(last=False)
            return self._open[case_id]

    def is_open(self, case_id: str) -> bool:
        """Whether a CT is in memory."""
        return case_id in self._open

    def _size(self) -> int:
        return sum(ct.voxels.nbytes for ct in self._open.values())


def _read(case_id: str, path: ImageSource) -> OpenCt:
    volume = read_ct(path)
    limits = np.iinfo(np.int16)
    voxels = volume.array
    if voxels.dtype != np.int16:
        voxels = np.rint(np.clip(voxels, limits.min, limits.max)).astype(np.int16)
    # The page shows the name alone.
    warnings = tuple(warning.replace(str(path), path.name) for warning in volume.warnings)
    patient = read_image_header(path).patient_id or patient_of(case_id)
    return OpenCt(np.ascontiguousarray(voxels, "<i2"), volume.affine, patient, warnings)

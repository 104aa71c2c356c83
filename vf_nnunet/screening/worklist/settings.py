"""The numbers of a worklist."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.settings import settings

Millimetres = Annotated[float, Field(gt=0)]
Pixels = Annotated[int, Field(ge=16)]


@settings
class VolumeSettings:
    """The volumes that the viewer opens: the CT and the map of fracture around the spine.

    Attributes:
        spacing: Distance (z, y, x) between voxels in mm; that of the maps if it is larger. Sagittal slices, which are
            read first, are fine and as thick as a radiologist's.
        largest_voxels: Number of voxels above which all distances grow, as for a CT of the body without vertebrae.
        finding_margin: Margin around the centre of a finding in mm.
        lowest_hounsfield: Hounsfield unit of the darkest of 256 greys.
        hounsfield_step: Hounsfield units between greys; the noise of a CT is larger.
        without_ct: Hounsfield unit shown where there is no CT.
        compression: gzip's level.
    """

    spacing: tuple[Millimetres, Millimetres, Millimetres] = (1.0, 1.0, 2.0)
    largest_voxels: Annotated[int, Field(ge=1000)] = 6_000_000
    finding_margin: Millimetres = 40.0
    lowest_hounsfield: float = -500.0
    hounsfield_step: Annotated[float, Field(gt=0)] = 8.0
    without_ct: float = -100.0
    compression: Annotated[int, Field(ge=1, le=9)] = 6


@settings
class ThumbnailSettings:
    """The small picture of a case in the list.

    Attributes:
        width: Largest width in pixels.
        height: Largest height in pixels.
        step: Smallest distance between pixels in mm.
        qualities: JPEG's qualities, tried one after the other until the file is small enough.
        largest_bytes: Largest size of the file.
    """

    width: Pixels = 160
    height: Pixels = 220
    step: Millimetres = 1.0
    qualities: tuple[int, ...] = (72, 50, 30, 15)
    largest_bytes: int = 12_000


@settings
class PageSettings:
    """When the page is written while a batch runs.

    Attributes:
        writing_share: Largest share of the time that goes into writing. Every write takes longer than the one before,
            because the page grows; with this limit the time for all of them grows as the batch does.
        nearest_vertebra: Largest distance in mm of a finding from the vertebra that names its place.
    """

    writing_share: Annotated[float, Field(gt=0, le=1)] = 0.02
    nearest_vertebra: Millimetres = 40.0


VOLUMES = VolumeSettings()
THUMBNAIL = ThumbnailSettings()
PAGE = PageSettings()

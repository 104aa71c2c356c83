"""Where the voxels of a CT come from: a file of one of the image formats, or one DICOM series among others."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DicomSeries:
    """The files of one DICOM series, which can lie among those of others and in several folders.

    `str()` names it in messages. It is the folder alone, as for any image, if the folder holds no other series.

    Attributes:
        folder: The folder that holds the files, or the lowest one above them.
        uid: SeriesInstanceUID; empty if the files do not say.
        study_uid: StudyInstanceUID; likewise.
        frame_of_reference_uid: FrameOfReferenceUID; likewise.
        files: The SOP instances that make the volume, in the order of its slices along their normal, without copies. An enhanced multi-frame series has one file.
        is_alone: Whether the folder holds no other series of images.
        choice: Why this series was chosen among those of its study; empty if there was no choice.
    """

    folder: Path
    uid: str
    study_uid: str
    frame_of_reference_uid: str
    files: tuple[Path, ...]
    is_alone: bool = True
    choice: str = ""

    def __str__(self) -> str:
        return str(self.folder.parent / self.name)

    @property
    def name(self) -> str:
        """The last part of `str()`, as that of a path."""
        return self.folder.name if self.is_alone else f"{self.folder.name} (series {self.uid})"


ImageSource = Path | DicomSeries
"""A CT is an image file, or a DICOM series. Both have `name` and `str()`.

A folder of DICOM slices as a `Path` stands for the only CT series in it.
"""


def files_of_source(source: ImageSource) -> dict[str, Path]:
    """The files of a DICOM series by their paths in its folder; other sources have one, by its name."""
    if isinstance(source, DicomSeries):
        return {str(path.relative_to(source.folder)): path for path in source.files}
    return {source.name: source}

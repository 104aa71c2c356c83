"""Where the voxels of a CT come from: a file of one of the image formats, or one DICOM series among others."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DicomSeries:
    """The files of one DICOM series, which can lie among those of others and in several folders.

    `str()` and `name` stand for it in messages and results, as those of a path do.

    Attributes:
        folder: The folder that holds the files, or the lowest one above them.
        uid: SeriesInstanceUID; empty if the files do not say.
        study_uid: StudyInstanceUID; likewise.
        frame_of_reference_uid: FrameOfReferenceUID; likewise.
        files: The SOP instances that make the volume, without copies, in the order of its slices along their normal.
            An enhanced multi-frame series can have one file.
        label: What `str()` returns; empty for the folder. It names the series if the folder holds several CTs, and the
            place in the archive if the folder was unpacked.
        choice: Why this series was chosen among those of its study; empty if there was no choice.
        remarks: What a person should know about how it was found, one sentence each.
    """

    folder: Path
    uid: str
    study_uid: str
    frame_of_reference_uid: str
    files: tuple[Path, ...]
    label: str = ""
    choice: str = ""
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.label or str(self.folder)

    @property
    def name(self) -> str:
        """The last part of `str()`."""
        return Path(str(self)).name


ImageSource = Path | DicomSeries
"""A CT is an image file, or a DICOM series. Both have `name` and `str()`.

A folder as a `Path` stands for the CT in it, if its DICOM slices are those of one study.
"""


def files_of_source(source: ImageSource) -> dict[str, Path]:
    """The files of a DICOM series by their paths in its folder; a path alone is one file, by its name."""
    if isinstance(source, DicomSeries):
        return {str(path.relative_to(source.folder)): path for path in source.files}
    return {source.name: source}

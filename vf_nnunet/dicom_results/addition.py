"""The DICOM objects as an addition to the results of a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.dicom.copies import drop_copies
from dataset_conversion.images.dicom.series import choose_series, stack_slices
from dataset_conversion.images.dicom.slices import read_slices
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import DicomSeries, ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME
from vf_nnunet.dicom_results.write import write_dicom_results
from vf_nnunet.screening.case import dicom_folder, picture_path, result_path
from vf_nnunet.screening.existing_maps import MapFiles, read_existing_maps
from vf_nnunet.screening.provenance import read_result


def not_dicom(cts: Mapping[str, ImageSource]) -> list[str]:
    """A problem for each CT that is not DICOM."""
    return [
        f"{ct}: not DICOM; expected DICOM slices, which the results of --dicom refer to, or no --dicom"
        for ct in cts.values()
        if not isinstance(ct, DicomSeries) and not ct.is_dir()
    ]


@dataclass(frozen=True)
class DicomAddition:
    """Writes the DICOM objects of cases that have a result and a picture.

    Attributes:
        output: Folder of the results.
        maps: The maps of fracture by case id.
    """

    output: Path
    maps: Mapping[str, Path]

    def lacking(self, cases: Mapping[str, ImageSource]) -> set[str]:
        """The cases whose objects are not written."""
        return {case for case in cases if not dicom_folder(self.output, case).is_dir()}

    def __call__(self, case: str, ct: ImageSource) -> Sequence[str]:
        """Write the objects of a case.

        Returns:
            Warnings about the series, one sentence each.

        Raises:
            InputError: As `write_dicom_results`; or if the result, its map or the series cannot be read.
        """
        result = read_result(result_path(self.output, case))
        fracture = read_existing_maps(MapFiles(case, self.maps[case]))[FRACTURE_NAME]
        folder, picture = dicom_folder(self.output, case), picture_path(self.output, case)
        return write_dicom_results(folder, result, fracture, series_files(ct), picture)


def series_files(ct: ImageSource) -> Sequence[Path]:
    """The files of a DICOM series in the order of its slices.

    Raises:
        InputError: If a folder holds no volume.
    """
    if isinstance(ct, DicomSeries):
        return ct.files
    found, _ = read_slices(ct)
    own, _ = drop_copies(ct, found)
    chosen, _ = choose_series(ct, own)
    slices, _ = stack_slices(ct, chosen)
    return [one.path for one in slices]

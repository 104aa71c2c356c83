"""The DICOM objects as an addition to the results of a batch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.images.studies.folder import series_in_folder
from dataset_conversion.spine.image_source import DicomSeries, ImageSource
from dataset_conversion.spine.labels import FRACTURE_NAME
from vf_nnunet.dicom_results.write import write_dicom_results
from vf_nnunet.screening.batch import CaseAddition
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
class DicomAddition(CaseAddition):
    """Writes the DICOM objects of cases that have a result and a picture.

    Attributes:
        output: Folder of the results.
        maps: The maps of fracture by case id.
    """

    output: Path
    maps: Mapping[str, Path]

    def lacking(self, cases: Iterable[str]) -> set[str]:
        """See `CaseAddition`."""
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
        series = series_in_folder(ct) if isinstance(ct, Path) else ct
        return write_dicom_results(folder, result, fracture, series.files, picture)

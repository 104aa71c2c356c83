"""Send the DICOM objects of studies that are done to an archive; what it does not take now is sent later."""

from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.attempts import ArchiveError
from vf_nnunet.archive.objects import find_objects
from vf_nnunet.archive.sent_record import SentRecord
from vf_nnunet.archive.settings import ConnectionSettings
from vf_nnunet.archive.store import store_objects
from vf_nnunet.archive.stow import DicomWebDestination
from vf_nnunet.screening.case import dicom_folder
from vf_nnunet.watching.study_records import StudyRecord

ONE_ATTEMPT = ConnectionSettings(attempts=1)
"""The next study must not wait for the archive."""


class Sending:
    """An archive that gets the objects.

    Args:
        output: Folder of the results, and of the record of what the archive has, as of `vf_nnunet store`.
        url: DICOMweb service.
        settings: How long it is waited for.

    Raises:
        InputError: If the URL or the credentials cannot be used, or the record cannot be read and written.
    """

    def __init__(self, output: Path, url: str, settings: ConnectionSettings = ONE_ATTEMPT) -> None:
        self.destination = DicomWebDestination(url, settings)
        self._output, self._settings = output, settings
        self._record = SentRecord(output, self.destination.name)

    def send(self, study: StudyRecord) -> list[str]:
        """Send the objects of a study. Those that the archive has are not sent again.

        Returns:
            A problem for each object that it has refused; empty if it has all.

        Raises:
            ArchiveError: If the archive cannot be used now.
        """
        problems: list[str] = []
        for case in study.cases:
            try:
                items, unsent = find_objects(dicom_folder(self._output, case))
                sent = store_objects(self._record, items, self.destination, self._settings)
                problems += [*unsent, *sent.refused]
            except ArchiveError:
                raise
            except InputError as error:
                problems += error.problems
        return problems

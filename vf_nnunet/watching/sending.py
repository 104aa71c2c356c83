"""Send the DICOM objects of studies that are done to an archive; what it does not take now is sent later."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dataset_conversion.spine.errors import InputError
from vf_nnunet.archive.objects import find_objects
from vf_nnunet.archive.settings import ConnectionSettings
from vf_nnunet.archive.store import store_objects
from vf_nnunet.archive.stow import DicomWebDestination
from vf_nnunet.watching.study_records import StudyRecord

ONE_ATTEMPT = ConnectionSettings(attempts=1)
"""The next study must not wait for the archive."""


@dataclass
class Sending:
    """An archive that gets the objects.

    Attributes:
        output: Folder of the results.
        url: DICOMweb service.
        objects: The folder of a case's objects.
    """

    output: Path
    url: str
    objects: Callable[[Path, str], Path]
    settings: ConnectionSettings = field(default_factory=lambda: ONE_ATTEMPT)

    def send(self, record: StudyRecord) -> list[str]:
        """Send the objects of a study. Those that the archive has are not sent again.

        Returns:
            A problem for each object that it does not have; empty if it has all.
        """
        problems: list[str] = []
        for case in record.cases:
            folder = self.objects(self.output, case)
            try:
                items, unsent = find_objects(folder)
                sent = store_objects(folder, items, DicomWebDestination(self.url, self.settings), self.settings)
                problems += [*unsent, *sent.refused]
            except InputError as error:
                problems += error.problems
        return problems

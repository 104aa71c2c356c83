"""Take the CT series of studies from a DICOMweb service (QIDO-RS and WADO-RS)."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dataset_conversion.images.dicom.files import ignored_violations
from dataset_conversion.spine.errors import InputError, first_line
from dataset_conversion.spine.files import atomic_file
from vf_nnunet.archive.address import ArchiveAddress, check_uid
from vf_nnunet.archive.attempts import ArchiveError, with_attempts
from vf_nnunet.archive.dicomweb import open_dicomweb, state_text, translated_errors
from vf_nnunet.archive.received import received_folder
from vf_nnunet.archive.settings import CONNECTION, ConnectionSettings

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient

Result = TypeVar("Result")

MODALITY = "CT"
_SERIES, _INSTANCE, _MODALITY = "0020000E", "00080018", "00080060"


@dataclass(frozen=True)
class Instance:
    """An instance in an archive.

    Attributes:
        study: StudyInstanceUID.
        series: SeriesInstanceUID.
        sop: SOPInstanceUID.
    """

    study: str
    series: str
    sop: str

    def path(self, folder: Path) -> Path:
        """Where it is kept in the folder of what was received."""
        return folder / self.study / self.series / f"{self.sop}.dcm"


@dataclass
class Received:
    """Studies that were taken from an archive.

    Attributes:
        folders: The folder of each study that is complete, by its UID.
        problems: Why each other study is not, by its UID.
    """

    folders: dict[str, Path] = field(default_factory=dict)
    problems: dict[str, list[str]] = field(default_factory=dict)


def retrieve_studies(
    address: ArchiveAddress, studies: Sequence[str], output: Path, settings: ConnectionSettings = CONNECTION
) -> Received:
    """Take all CT series of studies. Instances that are there already are not taken again.

    Args:
        address: The service.
        studies: StudyInstanceUIDs.
        output: Folder of the results, which gets a folder for what is received.
        settings: How often and how long the service is asked.

    Raises:
        InputError: If the service cannot be used or does not answer any more, or the folder cannot be written.
    """
    archive = _Archive(address.url, settings)
    found: dict[str, list[Instance]] = {}
    received = Received()
    for study in dict.fromkeys(studies):
        try:
            found[study] = list(archive.instances(study))
        except ArchiveError:
            raise
        except InputError as error:
            received.problems[study] = list(error.problems)
    folder = received_folder(output, address.url)
    for study, instances in found.items():
        try:
            _receive(archive, instances, folder)
            received.folders[study] = folder / study
        except ArchiveError as error:
            raise ArchiveError(f"{error}; run the command again to take the rest of study {study}") from error
        except InputError as error:
            received.problems[study] = list(error.problems)
    return received


def _receive(archive: "_Archive", instances: Sequence[Instance], folder: Path) -> None:
    """Take the instances of a study that are not there yet, each as a whole or not at all."""
    from tqdm import tqdm

    for leftover in (folder / instances[0].study).rglob(".tmp-*"):
        leftover.unlink(missing_ok=True)
    missing = [instance for instance in instances if not instance.path(folder).is_file()]
    sys.stderr.write(f"study {instances[0].study}: {len(instances)} CT instances, {len(missing)} to retrieve\n")
    for instance in tqdm(missing, desc="instances", leave=False, disable=None):
        content = _encoded(archive.content(instance))
        path = instance.path(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as temporary:
            temporary.write_bytes(content)


def _encoded(dataset: Any) -> bytes:
    """An instance as a file. It is made in memory, because pydicom hides that a disk is full."""
    buffer = BytesIO()
    with ignored_violations():
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


class _Archive:
    """The requests to a service.

    Args:
        url: Its URL.
        settings: How often and how long it is asked.
    """

    def __init__(self, url: str, settings: ConnectionSettings) -> None:
        self.url = url
        self._client = open_dicomweb(url, settings)
        self._settings = settings

    def instances(self, study: str) -> Iterator[Instance]:
        """All instances of the CT series of a study, in the order of the answers.

        Raises:
            InputError: If there is no such study, or no CT in it.
        """
        series = self._all(
            f"study {study}", _SERIES, lambda client, offset: client.search_for_series(study, offset=offset)
        )
        if not series:
            raise InputError(f"{self.url}: no study {study}; expected a StudyInstanceUID of this archive")
        # The archive is not asked for CT only: many ignore the filter, and the others are to be named.
        modalities = [_value(one, _MODALITY) for one in series]
        if MODALITY not in modalities:
            listed = ", ".join(sorted(set(modalities)))
            raise InputError(f"{self.url}: study {study}: no CT series, but {listed or 'no modality'}; expected a CT")
        for one, modality in zip(series, modalities, strict=True):
            if modality == MODALITY:
                yield from self._instances_of(study, check_uid(self.url, _value(one, _SERIES)))

    def _instances_of(self, study: str, series: str) -> Iterator[Instance]:
        answers = self._all(
            f"series {series}",
            _INSTANCE,
            lambda client, offset: client.search_for_instances(study, series, offset=offset),
        )
        for answer in answers:
            yield Instance(study, series, check_uid(self.url, _value(answer, _INSTANCE)))

    def content(self, instance: Instance) -> Any:
        """An instance as the archive stores it.

        Raises:
            InputError: If the archive does not give it, or gives another one.
        """
        name = f"instance {instance.sop}"
        dataset = self._ask(
            name,
            lambda client: client.retrieve_instance(
                instance.study, instance.series, instance.sop, media_types=(("application/dicom", "*"),)
            ),
        )
        if dataset.get("SOPInstanceUID") != instance.sop:
            found = dataset.get("SOPInstanceUID") or "no SOPInstanceUID"
            raise InputError(f"{self.url}: {name}: answers with {found}; expected the instance asked for")
        return dataset

    def _all(self, name: str, tag: str, search: "Callable[[DICOMwebClient, int], Sequence[Any]]") -> Sequence[Any]:
        """All answers to a search, of which an archive gives some at a time, or always the same ones."""
        answers: dict[str, Any] = {}
        while True:
            offset = len(answers)
            answers |= {_value(one, tag): one for one in self._ask(name, lambda client: search(client, offset))}  # noqa: B023
            if len(answers) == offset:
                return list(answers.values())

    def _ask(self, name: str, request: "Callable[[DICOMwebClient], Result]") -> Result:
        """The answer to a request, which is made again while the archive does not answer."""
        import requests

        def once() -> Result:
            with translated_errors(self.url), ignored_violations():
                return request(self._client)

        try:
            return with_attempts(once, self._settings)
        except requests.HTTPError as error:
            raise InputError(f"{self.url}: {name}: {state_text(error.response)}") from error
        except (ValueError, KeyError, IndexError, AttributeError, EOFError) as error:
            if isinstance(error, InputError):
                raise
            # The client and pydicom raise these for an answer that is cut off or not DICOM.
            raise InputError(f"{self.url}: {name}: not understood ({first_line(str(error))})") from error


def _value(answer: Any, tag: str) -> str:
    """The first value of an element in DICOM JSON; empty without one."""
    return str((answer.get(tag, {}).get("Value") or [""])[0])

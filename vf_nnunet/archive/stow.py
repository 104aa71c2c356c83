"""Send objects by DICOMweb (STOW-RS)."""

from typing import Any

from dataset_conversion.images.dicom.files import ignored_violations
from vf_nnunet.archive.attempts import ArchiveError, Unreachable
from vf_nnunet.archive.destination import Answer, is_out_of_resources, refusal_text
from vf_nnunet.archive.dicomweb import open_dicomweb, state_text, translated_errors
from vf_nnunet.archive.objects import DicomObject
from vf_nnunet.archive.settings import CONNECTION, ConnectionSettings

JSON = "application/dicom+json"


class DicomWebDestination:
    """A DICOMweb service.

    Args:
        url: Its address, such as https://archive.example/dicom-web.
        settings: How long it is waited for.

    Raises:
        InputError: If the URL or the credentials cannot be used.
    """

    def __init__(self, url: str, settings: ConnectionSettings = CONNECTION) -> None:
        self.name = url.rstrip("/")
        self._client = open_dicomweb(url, settings)

    def send(self, item: DicomObject) -> Answer:
        """See `Destination`."""
        import pydicom
        import requests

        with ignored_violations():
            dataset = pydicom.dcmread(item.path)
            try:
                with translated_errors(self.name):
                    answer = self._client.store_instances([dataset])
            except requests.HTTPError as error:
                return self._answer(item, _dataset_of(error.response), state_text(error.response))
            except (AttributeError, KeyError, TypeError):
                # pydicom raises these for JSON that is not DICOM.
                answer = {}
        return self._answer(item, answer, "not confirmed by the archive")

    def close(self) -> None:
        """See `Destination`."""

    def _answer(self, item: DicomObject, answer: Any, otherwise: str) -> Answer:
        """What an answer says of the object; an answer that does not name it is no confirmation."""
        for failed in answer.get("FailedSOPSequence") or ():
            code = int(failed.get("FailureReason") or 0)
            if is_out_of_resources(code):
                raise Unreachable(f"{self.name}: {refusal_text(code)}")
            if code == 0x0124:
                raise ArchiveError(f"{self.name}: {refusal_text(code)}; expected an account that may store")
            return Answer(False, refusal_text(code))
        for stored in answer.get("ReferencedSOPSequence") or ():
            if stored.get("ReferencedSOPInstanceUID") == item.sop_instance:
                return Answer(True, _warning(stored))
        return Answer(False, otherwise)


def _warning(stored: Any) -> str:
    reason = stored.get("WarningReason")
    return f"changed by the archive (0x{int(reason):04X})" if reason else ""


def _dataset_of(response: Any) -> Any:
    """The DICOM JSON in the answer to a request that failed; empty if there is none."""
    from pydicom import Dataset

    try:
        return Dataset.from_json(response.json())
    except Exception:  # an error page, or JSON that is not DICOM: pydicom raises many kinds
        return Dataset()

"""Studies taken from an archive that a test plays; a real one is in tests/end_to_end/test_archive.py."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests
from pydicom import Dataset

from tests.vf_nnunet.dicom_studies import SLICES, report_of, slices_of, study_uid
from vf_nnunet.archive import retrieve
from vf_nnunet.archive.address import ArchiveAddress
from vf_nnunet.archive.attempts import ArchiveError
from vf_nnunet.archive.objects import find_objects
from vf_nnunet.archive.retrieve import retrieve_studies
from vf_nnunet.archive.settings import ConnectionSettings

ADDRESS = ArchiveAddress("http://archive/dicom-web")


class Client:
    """Gives at most ten answers at a time, and does with instances what the test says."""

    page = 10

    def __init__(self, *objects: Dataset) -> None:
        self.objects = list(objects)
        self.asked: list[str] = []
        self.change: Callable[[Dataset], Dataset] = lambda dataset: dataset

    def search_for_series(self, study: str, offset: int = 0) -> list[dict[str, Any]]:
        found = {one.SeriesInstanceUID: one for one in self.objects if one.StudyInstanceUID == study}
        return [one.to_json_dict() for one in found.values()][offset : offset + self.page]

    def search_for_instances(self, study: str, series: str, offset: int = 0) -> list[dict[str, Any]]:
        found = [one.to_json_dict() for one in self.objects if one.SeriesInstanceUID == series]
        return found[offset : offset + self.page]

    def retrieve_instance(self, study: str, series: str, sop: str, media_types: object) -> Dataset:
        self.asked.append(sop)
        (found,) = (one for one in self.objects if one.SOPInstanceUID == sop)
        return self.change(found)


class SameAnswers(Client):
    """An archive that knows no offset."""

    def search_for_instances(self, study: str, series: str, offset: int = 0) -> list[dict[str, Any]]:
        return [one.to_json_dict() for one in self.objects if one.SeriesInstanceUID == series]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    return play(monkeypatch, Client(*slices_of(1), report_of(1), report_of(2)))


def play(monkeypatch: pytest.MonkeyPatch, client: Client) -> Client:
    monkeypatch.setattr(retrieve, "open_dicomweb", lambda url, settings: client)
    return client


def test_all_instances_of_the_ct_series(client: Client, tmp_path: Path, at_once: ConnectionSettings) -> None:
    received = retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    folder = tmp_path / "received" / study_uid(1)
    assert received.folders == {study_uid(1): folder}
    assert not received.problems
    paths = sorted(folder.rglob("*.dcm"))
    assert len(paths) == SLICES
    assert {pydicom.dcmread(path).SOPInstanceUID for path in paths} == {one.SOPInstanceUID for one in slices_of(1)}
    assert find_objects(tmp_path) == ([], [])


def test_what_is_there_is_not_asked_for_again(client: Client, tmp_path: Path, at_once: ConnectionSettings) -> None:
    retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    path = next((tmp_path / "received").rglob("*.dcm"))
    (path.parent / ".tmp-1-left.dcm").write_bytes(path.read_bytes()[:100])
    path.unlink()
    client.asked.clear()
    retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    assert client.asked == [path.stem]
    assert not list((tmp_path / "received").rglob(".tmp-*"))


def test_an_archive_that_always_gives_all_answers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_once: ConnectionSettings
) -> None:
    client = play(monkeypatch, SameAnswers(*slices_of(1)))
    retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    assert len(client.asked) == SLICES


def test_studies_without_a_ct_do_not_stop_the_others(
    client: Client, tmp_path: Path, at_once: ConnectionSettings
) -> None:
    received = retrieve_studies(ADDRESS, [study_uid(number) for number in (3, 2, 1)], tmp_path, at_once)
    assert list(received.folders) == [study_uid(1)]
    assert received.problems == {
        study_uid(3): [f"{ADDRESS.url}: no study {study_uid(3)}; expected a StudyInstanceUID of this archive"],
        study_uid(2): [f"{ADDRESS.url}: study {study_uid(2)}: no CT series, but SR; expected a CT"],
    }


def test_a_lost_connection_loses_nothing(client: Client, tmp_path: Path, at_once: ConnectionSettings) -> None:
    def lose(dataset: Dataset) -> Dataset:
        if len(client.asked) > 5:
            raise requests.ConnectionError("reset by peer")
        return dataset

    client.change = lose
    with pytest.raises(ArchiveError, match=r"no answer \(reset by peer\); run the command again"):
        retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    assert len(list((tmp_path / "received").rglob("*.dcm"))) == 5
    client.change = lambda dataset: dataset
    client.asked.clear()
    retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    assert len(client.asked) == SLICES - 5


def gone(dataset: Dataset) -> Dataset:
    response = requests.Response()
    response.status_code, response.reason, response.url = 404, "Not Found", f"{ADDRESS.url}/instances/1"
    raise requests.HTTPError(response=response)


def cut_off(dataset: Dataset) -> Dataset:
    raise EOFError("unexpected end of file")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda dataset: report_of(1), "answers with .* expected the instance asked for"),
        (gone, "404 Not Found"),
        (cut_off, "not understood .unexpected end"),
    ],
    ids=["another", "gone", "cut off"],
)
def test_an_instance_that_does_not_come(
    client: Client, tmp_path: Path, at_once: ConnectionSettings, change: Callable[[Dataset], Dataset], expected: str
) -> None:
    client.change = change
    received = retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    assert not received.folders
    assert re.search(expected, received.problems[study_uid(1)][0])


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_uid_that_leads_elsewhere(client: Client, tmp_path: Path, at_once: ConnectionSettings) -> None:
    client.objects[0].SOPInstanceUID = "../../../evil"
    received = retrieve_studies(ADDRESS, [study_uid(1)], tmp_path, at_once)
    assert "expected a UID" in received.problems[study_uid(1)][0]
    assert not list(tmp_path.rglob("*evil*"))

"""The server answers only who may ask, and only what the page needs."""

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataset_conversion.images.ct import read_ct
from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.annotation.conftest import Serve, Served
from tests.vf_nnunet.annotation.images import SHAPE, write_ct
from vf_nnunet.annotation.address import Address, address_file
from vf_nnunet.annotation.page_files import page_files
from vf_nnunet.annotation.serve import bind


@pytest.fixture
def served(tmp_path: Path, serve_cts: Serve) -> Served:
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    return serve_cts({"a": write_ct(tmp_path / "a.nii.gz"), "broken": tmp_path / "broken.nii.gz"})


def ask(
    served: Served, path: str, method: str = "GET", body: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """Status and content of an answer; the token is put before the path."""
    connection = http.client.HTTPConnection("127.0.0.1", served.address.port, timeout=30)
    connection.request(method, f"/{served.address.token}/{path}", body, dict(headers or {}))
    answer = connection.getresponse()
    content = answer.status, answer.read()
    connection.close()
    return content


def put(served: Served, content: Any, number: int = 0) -> Any:
    body = content if isinstance(content, str) else json.dumps(content)
    origin = {"Origin": f"http://127.0.0.1:{served.address.port}"}
    status, answer = ask(served, f"cases/{number}/marks", "PUT", body, origin)
    assert status == 200
    return json.loads(answer)


def test_a_ct_is_sent_as_convert_reads_it(served: Served, tmp_path: Path) -> None:
    expected = read_ct(tmp_path / "a.nii.gz")
    grid = json.loads(ask(served, "cases/0/ct")[1])
    assert grid["shape"] == list(SHAPE[::-1])
    assert np.array_equal(grid["affine"], expected.affine)
    voxels = np.frombuffer(ask(served, "cases/0/voxels")[1], "<i2").reshape(grid["shape"])
    assert np.array_equal(voxels, expected.array)


def test_a_ct_that_cannot_be_read_is_in_the_list(served: Served) -> None:
    assert "cannot be read" in json.loads(ask(served, "cases/1/ct")[1])["problems"][0]
    assert ask(served, "cases/1/voxels")[0] == 422
    cases = json.loads(ask(served, "session")[1])["cases"]
    assert [bool(case["problems"]) for case in cases] == [False, True]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:9000"}, 200),  # an ssh tunnel
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
    ids=str,
)
def test_other_names_and_other_sites_are_refused(served: Served, headers: dict[str, str], status: int) -> None:
    assert ask(served, "session", headers=headers)[0] == status


def test_a_change_needs_the_origin_of_the_page(served: Served) -> None:
    body = json.dumps({"version": "", "marks": []})
    assert ask(served, "cases/0/marks", "PUT", body)[0] == 403
    assert ask(served, "cases/0/marks", "POST", body, {"Origin": "http://127.0.0.1:1"})[0] == 403
    assert not served.table.exists()


@pytest.mark.parametrize("token", ["", "wrong", "x" * 200])
def test_without_the_token_there_is_nothing(served: Served, token: str) -> None:
    other = Served(Address(served.address.port, token), served.table, served.loop, served.thread)
    for path in ("", "session", "cases/0/ct", "page.js"):
        assert ask(other, path)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "%2e%2e/%2e%2e/etc/passwd",
        "server.py",
        "vertebrae.csv",
        "cases/2/ct",
        "cases/-1/ct",
        "cases/0/../../etc/ct",
        "cases/a/ct",
        "cases/0/marks/",
    ],
)
def test_nothing_else_can_be_asked_for(served: Served, path: str) -> None:
    status, content = ask(served, path)
    assert status == 404
    assert b"Traceback" not in content


def test_the_page_is_complete_and_loads_nothing_from_elsewhere(served: Served) -> None:
    names = {"index.html", "page.css", "page.js", "panel.js", "store.js", "view.js", "volume.js", "levels.js"} | {
        "proposals.js"
    }
    assert set(page_files()) == names
    for name in names:
        status, content = ask(served, name)
        assert (status, content) == (200, page_files()[name].content)
        assert b"http://" not in content
        assert b"https://" not in content


def mark(vertebra: str = "L1", **values: Any) -> dict[str, Any]:
    return {"vertebra": vertebra, "x": 1.0, "y": 2.0, "z": 3.0, **values}


def test_a_message_that_is_none_of_the_page_changes_nothing(served: Served) -> None:
    version = json.loads(ask(served, "session")[1])["cases"][0]["version"]
    for content, problem in (
        ("[]", "expected version and marks"),
        ("{", "expected version and marks"),
        ({"version": version}, "expected version and marks"),
        ({"version": version, "marks": [mark(), mark("L9"), mark("L2", x="a")]}, "mark 2: vertebra is 'L9'"),
        ({"version": version, "marks": [mark(z=1e9)]}, "mark 1: z is"),
        ({"version": version, "marks": [mark(path="/etc")]}, "no such setting"),
        ({"version": version, "marks": [mark(), mark()]}, "L1 twice"),
    ):
        answer = put(served, content)
        assert answer["outcome"] == "refused"
        assert any(problem in line for line in answer["problems"]), answer
    assert not served.table.exists()


def test_a_stale_change_is_answered_with_what_is_saved(served: Served) -> None:
    version = json.loads(ask(served, "session")[1])["cases"][0]["version"]
    first = put(served, {"version": version, "marks": [mark(grade=1)]})
    assert first["outcome"] == "saved"
    second = put(served, {"version": version, "marks": [mark("L2")]})
    assert (second["outcome"], second["version"]) == ("stale", first["version"])
    assert [one["vertebra"] for one in second["marks"]] == ["L1"]


def test_a_table_that_cannot_be_written_is_said(served: Served) -> None:
    version = json.loads(ask(served, "session")[1])["cases"][0]["version"]
    served.table.mkdir()  # in the way of the file
    answer = put(served, {"version": version, "marks": [mark()]})
    assert answer["outcome"] == "full"
    assert "cannot be written" in answer["problems"][0]


def test_only_the_loopback_interface_listens(served: Served) -> None:
    with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
        caller.connect(("127.0.0.2", served.address.port))


def test_the_address_is_kept_while_the_program_runs(tmp_path: Path) -> None:
    table = tmp_path / "vertebrae.csv"
    kept = tmp_path / ".vertebrae.csv.address"
    with address_file(table) as file:
        assert file.earlier is None
        listening, address = bind(None, None)
        file.write(address)
        assert kept.stat().st_mode & 0o777 == 0o600
        with pytest.raises(InputError, match=address.url), address_file(table):
            pass
        content = kept.read_text(encoding="utf-8")
    assert not kept.exists()
    listening.close()
    kept.write_text(content, encoding="utf-8")  # as after kill -9
    with address_file(table) as file:
        again, same = bind(None, file.earlier)
        assert same == address
        other, elsewhere = bind(None, file.earlier)  # the port is in use
        assert (elsewhere.token, elsewhere.port == same.port) == (address.token, False)
        with pytest.raises(InputError, match=f"--port {same.port}: in use"):
            bind(same.port, None)
        again.close()
        other.close()
    kept.write_text("damaged", encoding="utf-8")
    with address_file(table) as file:
        assert file.earlier is None

"""A DICOMweb service that answers what a test tells it to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFERENCED, FAILED, REASON, SOP = "00081199", "00081198", "00081197", "00081155"


@dataclass
class Reply:
    """An answer; without a state the connection is cut."""

    state: int | None = 200
    content: Any = None
    kind: str = "application/dicom+json"

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


def accepted(sop: str, warning: int | None = None) -> Reply:
    item: dict[str, Any] = {SOP: {"vr": "UI", "Value": [sop]}}
    if warning is not None:
        item["00081196"] = {"vr": "US", "Value": [warning]}
    return Reply(200, {REFERENCED: {"vr": "SQ", "Value": [item]}}, "application/dicom+json; charset=utf-8")


def refused(sop: str, reason: int, state: int = 409) -> Reply:
    item = {SOP: {"vr": "UI", "Value": [sop]}, REASON: {"vr": "US", "Value": [reason]}}
    return Reply(state, {FAILED: {"vr": "SQ", "Value": [item]}})


@dataclass
class StubService:
    """The requests that came, and the answers to come; the last answer stays."""

    replies: list[Reply]
    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)

    def next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def stub_service(*replies: Reply, wrap: Callable[[Any], Any] = lambda socket: socket) -> Iterator[StubService]:
    service = StubService(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            service.headers.append(dict(self.headers))
            reply = service.next()
            if reply.state is None:
                self.close_connection = True
                return
            self.send_response(reply.state)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = wrap(server.socket)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}/dicom-web"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""The server of the page: a few messages about numbered cases, on the loopback interface only.

Only who knows the token is answered, and only under the names of this machine: a page of another site can neither read
an answer nor change anything, also where it makes its own name point to this machine. Messages hold the numbers of
cases and names of fixed files, so that no part of an address reaches the file system.
"""

import hmac
import json
from typing import Any
from urllib.parse import urlsplit

from tornado.web import Application, HTTPError, RequestHandler

from dataset_conversion.spine.errors import InputError
from vf_nnunet.annotation.desk import Desk
from vf_nnunet.annotation.messages import (
    describe_ct,
    describe_marks,
    describe_proposals,
    describe_session,
    parse_change,
)
from vf_nnunet.annotation.page_files import INDEX
from vf_nnunet.annotation.session import StaleChangeError

OWN_NAMES = frozenset({"127.0.0.1", "localhost"})
"""Names of this machine in an address. The port can be another one: that of an ssh tunnel."""

LARGEST_MESSAGE = 1_000_000
"""Bytes of the largest message that the page may send."""

BLOCK = 2_000_000
"""Voxels of a CT that are sent at a time."""

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The page loads nothing from elsewhere, is in no other page, and does not tell its address."""


class Handler(RequestHandler):
    """Answers only who may ask."""

    def initialize(self, desk: Desk) -> None:
        """Called by tornado for each request."""
        self.desk = desk

    def set_default_headers(self) -> None:
        """The headers of all answers."""
        self.clear_header("Server")
        for name, value in SAFE_HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Check who asks, before anything is done.

        Raises:
            HTTPError: If the address has another name or token, or the request comes from another site.
        """
        host = self.request.headers.get("Host", "")
        if urlsplit(f"//{host}").hostname not in OWN_NAMES:
            raise HTTPError(403, "another name of this machine")
        origin = self.request.headers.get("Origin")
        if origin not in (None, f"http://{host}") or (origin is None and self.request.method not in ("GET", "HEAD")):
            raise HTTPError(403, "from another site")
        if self.request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise HTTPError(403, "from another site")
        if not hmac.compare_digest(self.path_kwargs.get("token", "").encode(), self.desk.token.encode()):
            raise HTTPError(404)

    def case_id(self, number: str) -> str:
        """The case with a number.

        Raises:
            HTTPError: If there is none.
        """
        if not number.isdecimal() or int(number) >= len(self.desk.case_ids):
            raise HTTPError(404)
        return self.desk.case_ids[int(number)]

    def answer(self, content: dict[str, Any], status: int = 200) -> None:
        """Send a message."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(content, allow_nan=False))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say in one line what is wrong; no traceback leaves the program."""
        self.answer({"problems": [self._reason]}, status_code)


class PageHandler(Handler):
    """The page and its scripts."""

    def get(self, token: str, name: str = "") -> None:
        """Send a file of the page."""
        file = self.desk.files.get(name or INDEX)
        if file is None:
            raise HTTPError(404)
        self.set_header("Content-Type", file.media_type)
        self.finish(file.content)


class SessionHandler(Handler):
    """All cases with their marks."""

    def get(self, token: str) -> None:
        """Send what the page needs at its beginning."""
        desk = self.desk
        content = describe_session(desk.session, desk.case_ids, desk.problems, desk.remarks, desk.source, desk.settings)
        self.answer(content)


class CtHandler(Handler):
    """The grid of a CT."""

    async def get(self, token: str, number: str) -> None:
        """Read the CT and send its grid, or why it cannot be read: that is no fault of the page."""
        case_id = self.case_id(number)
        try:
            self.answer(describe_ct(await self.desk.read(case_id)))
        except InputError as error:
            self.answer({"problems": list(error.problems)})


class VoxelsHandler(Handler):
    """The voxels of a CT."""

    async def get(self, token: str, number: str) -> None:
        """Send the voxels in blocks: int16, little-endian, in order (z, y, x)."""
        case_id = self.case_id(number)
        try:
            ct = await self.desk.read(case_id)
        except InputError as error:
            self.answer({"problems": list(error.problems)}, 422)
            return
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Length", str(ct.voxels.nbytes))
        voxels = ct.voxels.reshape(-1)
        for start in range(0, voxels.size, BLOCK):
            self.write(voxels[start : start + BLOCK].tobytes())
            await self.flush()
        self.desk.read_ahead(case_id, ct)


class ProposalsHandler(Handler):
    """Proposed centres."""

    async def get(self, token: str, number: str) -> None:
        """Make the proposals of a case and send them, or say why there are none."""
        case_id = self.case_id(number)
        try:
            self.answer({"proposals": describe_proposals(await self.desk.propose(case_id))})
        except InputError as error:
            self.answer({"proposals": [], "problems": list(error.problems)})
        self.desk.propose_ahead(case_id)


class MarksHandler(Handler):
    """The marks of a case."""

    def put(self, token: str, number: str) -> None:
        """Replace the marks and save them. If they are refused, send the current ones instead."""
        session, case_id = self.desk.session, self.case_id(number)
        try:
            version, marks = parse_change(self.request.body)
            self.answer({"outcome": "saved", "version": session.change(case_id, version, marks)})
        except StaleChangeError:
            self.answer({"outcome": "stale", **describe_marks(session, case_id)})
        except InputError as error:
            self.answer({"outcome": "refused", "problems": list(error.problems), **describe_marks(session, case_id)})
        except OSError as error:
            problem = f"{session.path}: cannot be written ({error}); expected a folder with room"
            self.answer({"outcome": "full", "problems": [problem]})


def make_application(desk: Desk) -> Application:
    """The addresses and what answers there."""
    token, number = r"/(?P<token>[\w-]+)", r"/(?P<number>\d{1,6})"
    handled = {"desk": desk}
    return Application(
        [
            (rf"{token}/(?P<name>[a-z]+\.[a-z]+)?", PageHandler, handled),
            (rf"{token}/session", SessionHandler, handled),
            (rf"{token}/cases{number}/ct", CtHandler, handled),
            (rf"{token}/cases{number}/voxels", VoxelsHandler, handled),
            (rf"{token}/cases{number}/proposals", ProposalsHandler, handled),
            (rf"{token}/cases{number}/marks", MarksHandler, handled),
            (r".*", Handler, handled),
        ],
        log_function=lambda _: None,
    )

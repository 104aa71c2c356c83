"""What the server works on: the marks, the CTs and the proposals of one annotation."""

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import ImageSource
from vf_nnunet.annotation.open_cts import MEGABYTE, OpenCt, OpenCts
from vf_nnunet.annotation.page_files import PageFile, page_files
from vf_nnunet.annotation.proposals import Proposal, ProposalSource
from vf_nnunet.annotation.session import AnnotationSession
from vf_nnunet.annotation.settings import AnnotationSettings


class Desk:
    """What the handlers work on.

    Args:
        session: The marks.
        cts: Image file or DICOM folder by case id.
        token: The secret part of the address.
        settings: What the page shows and what is kept in memory.
        propose: Where proposals come from; None for none.
        remarks: By case id and level, what the page says about a vertebra.
    """

    def __init__(
        self,
        session: AnnotationSession,
        cts: Mapping[str, ImageSource],
        token: str,
        settings: AnnotationSettings,
        propose: ProposalSource | None = None,
        remarks: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.session, self.token, self.settings = session, token, settings
        self.case_ids = list(cts)
        self.cts = OpenCts(cts, settings.cached_megabytes)
        self.remarks = remarks or {}
        self.problems: dict[str, tuple[str, ...]] = {}
        self.source = propose
        self._proposals: dict[str, list[Proposal]] = {}
        self._proposing = asyncio.Lock()
        self.files: dict[str, PageFile] = page_files()
        self._background: set[asyncio.Future[Any]] = set()

    async def read(self, case_id: str) -> OpenCt:
        """Read a CT beside the server's own work.

        Raises:
            InputError: As for `read_ct`; the case list shows it from then on.
        """
        try:
            ct = await asyncio.to_thread(self.cts.read, case_id)
        except InputError as error:
            self.problems[case_id] = error.problems
            raise
        self.problems.pop(case_id, None)
        self.session.set_patient(case_id, ct.patient_id)
        return ct

    async def propose(self, case_id: str) -> list[Proposal]:
        """The proposals of a case, which are made once, one case at a time.

        Raises:
            InputError: If there are none to be had.
        """
        async with self._proposing:
            if self.source is not None and case_id not in self._proposals:
                self._proposals[case_id] = await asyncio.to_thread(self.source.of_case, case_id)
            return self._proposals.get(case_id, [])

    def propose_ahead(self, case_id: str) -> None:
        """Begin to make the proposals of the case after one, if that takes long."""
        if self.source is not None and self.source.is_slow:
            for name in self._following(case_id):
                self._start(self._quietly(self.propose(name)))

    def read_ahead(self, case_id: str, current: OpenCt) -> None:
        """Begin to read the case after one, unless CTs are large."""
        if current.voxels.nbytes > self.settings.ahead_megabytes * MEGABYTE:
            return
        for name in self._following(case_id):
            if not self.cts.is_open(name) and name not in self.problems:
                self._start(self._quietly(self.read(name)))

    def _following(self, case_id: str) -> list[str]:
        return self.case_ids[self.case_ids.index(case_id) + 1 :][:1]

    @staticmethod
    async def _quietly(work: Awaitable[object]) -> None:
        with suppress(InputError):  # said when the case is opened
            await work

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)  # the loop itself keeps no reference
        task.add_done_callback(self._background.discard)

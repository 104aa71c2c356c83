"""What the page and the server say to each other, in JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dataset_conversion.spine.errors import InputError, read_all
from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS
from vf_nnunet.annotation.mark import Mark
from vf_nnunet.annotation.open_cts import OpenCt
from vf_nnunet.annotation.proposals import Proposal, ProposalSource
from vf_nnunet.annotation.session import AnnotationSession
from vf_nnunet.annotation.settings import AnnotationSettings


def describe_session(
    session: AnnotationSession,
    case_ids: Sequence[str],
    problems: Mapping[str, Sequence[str]],
    remarks: Mapping[str, Mapping[str, str]],
    propose: ProposalSource | None,
    settings: AnnotationSettings,
) -> dict[str, Any]:
    """What the page needs at its beginning.

    Args:
        session: The marks.
        case_ids: The cases in the order in which the page knows them by number.
        problems: By case id, why a CT cannot be read, as far as that is known.
        remarks: By case id and level, what the page says about a vertebra.
        propose: Where proposals come from; None for none.
        settings: What the page shows.
    """
    return {
        "reader": session.reader,
        "table": session.path.name,
        "levels": list(LEVELS),
        "supernumerary": sorted(SUPERNUMERARY_LEVELS),
        "propose": propose is not None,
        "caution": propose.caution if propose else "",
        "settings": asdict(settings),
        "cases": [
            {
                "name": case_id,
                "problems": list(problems.get(case_id, ())),
                "remarks": dict(remarks.get(case_id, {})),
                **describe_marks(session, case_id),
            }
            for case_id in case_ids
        ],
    }


def describe_marks(session: AnnotationSession, case_id: str) -> dict[str, Any]:
    """The marks of a case and their version."""
    return {"version": session.version(case_id), "marks": [asdict(mark) for mark in session.marks(case_id)]}


def describe_ct(ct: OpenCt) -> dict[str, Any]:
    """The grid of a CT; its voxels follow in a message of their own."""
    return {"shape": list(ct.voxels.shape), "affine": ct.affine.tolist(), "warnings": list(ct.warnings)}


def describe_proposals(proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Proposed centres."""
    return [{"vertebra": one.vertebra, **dict(zip("xyz", one.point, strict=True))} for one in proposals]


def parse_change(body: bytes) -> tuple[str, list[Mark]]:
    """The version that the page changed, and the marks that take its place.

    Raises:
        InputError: If the message is not one of the page's; all problems at once.
    """
    try:
        content = json.loads(body)
        version, marks = str(content["version"]), [dict(mark) for mark in content["marks"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"message of the page: {error!r}; expected version and marks") from error
    numbered = ((f"mark {number}", mark) for number, mark in enumerate(marks, start=1))
    return version, read_all(numbered, lambda mark: [Mark(**mark)])

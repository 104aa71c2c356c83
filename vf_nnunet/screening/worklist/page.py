"""The page of a worklist: one file with all cases, which needs no network."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataset_conversion.spine.files import atomic_file
from evaluation.report.niivue import NIIVUE_VERSION, volume_style
from vf_nnunet.nnunet.names import DISCLAIMER
from vf_nnunet.screening.passed_over import PASSED_OVER
from vf_nnunet.screening.worklist.case_files import FOLDER, LIBRARY
from vf_nnunet.screening.worklist.entries import as_text
from vf_nnunet.screening.worklist.model_card import card_rows, is_card_of, read_card

if TYPE_CHECKING:
    from jinja2 import Template

PAGE = "index.html"
GENERATOR = "vf_nnunet worklist"
"""The page's mark, by which a later run knows that it may replace the file."""
MARKED_BYTES = 4096
"""The mark stands within the first bytes of the file."""
MARKER = "<entries>"
UNKNOWN_MODEL = "a model that is not known"


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Attributes:
        done: Cases that are finished or have failed.
        total: All cases of the batch; None if the page is made from a folder.
    """

    done: int = 0
    total: int | None = None


NO_BATCH = Progress()


def page_problems(output: Path) -> list[str]:
    """A problem if the output folder has a page of something else, which would be replaced; empty otherwise."""
    path = output / PAGE
    if not path.exists():
        return []
    try:
        with path.open("rb") as stream:
            is_own = f'content="{GENERATOR}"'.encode() in stream.read(MARKED_BYTES)
    except OSError as error:
        return [f"{path}: cannot be read ({error}); expected another output folder"]
    if is_own:
        return []
    return [f"{path}: not a worklist of vf_nnunet and would be replaced; expected another output folder"]


def write_page(
    output: Path,
    entries: Iterable[str],
    origins: Sequence[Mapping[str, Any]],
    progress: Progress,
    remedy: str,
    left_out: str = "",
) -> None:
    """Write `index.html`, atomically.

    Args:
        output: Folder of the results.
        entries: The entries of the cases, each a line of JSON of `entries.as_text`.
        origins: How each result was made, as `entries.Entry` has it.
        progress: How far the batch is.
        remedy: What to do about a case without volumes, for the viewer.
        left_out: Sentence about what the page does not show; empty for none.
    """
    card = read_card(output)
    shell = _template().render(
        generator=GENERATOR,
        folder=output.absolute().name,
        disclaimer=DISCLAIMER,
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        done=progress.done,
        total=progress.total,
        left_out=left_out,
        origins=_origins(origins),
        card=card_rows(card) if card and is_card_of(card, [origin["model"] for origin in origins]) else [],
        passed_over=_passed_over(output),
        about=_safe(as_text({"style": volume_style(), "folder": FOLDER, "library": LIBRARY, "remedy": remedy})),
        data_folder=FOLDER,
        niivue_version=NIIVUE_VERSION,
        entries_marker=_safe(MARKER),
    )
    before, _, after = shell.partition(MARKER)
    with atomic_file(output / PAGE) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(before)
        for number, entry in enumerate(entries):
            stream.write(f",\n{entry}" if number else entry)
        stream.write(after)


def _safe(text: str) -> Any:
    """Text that is markup or cannot be."""
    from markupsafe import Markup

    return Markup(text)


@lru_cache(maxsize=1)
def _template() -> "Template":
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    loaders = [PackageLoader(package) for package in ("vf_nnunet.screening.worklist", "evaluation.report")]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("worklist.html.jinja")


def _origins(origins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How the results were made, in words, the most frequent way first."""
    counted = Counter(json.dumps(origin, sort_keys=True) for origin in origins)
    return [{"cases": count, "text": _origin_text(json.loads(key))} for key, count in counted.most_common()]


def _origin_text(origin: Mapping[str, Any]) -> str:
    model, point, vertebra = origin["model"], origin["operating_point"], origin["vertebra_point"]
    name = f"the model of {model.get('dataset')}" if model.get("name") else UNKNOWN_MODEL
    parts = [
        f"Maps of {name}",
        f"a case is positive with {point.get('noise_threshold_voxels')} voxels of 1 mm³ at probability "
        f"{_number(point.get('probability_threshold'))} or more ({point.get('source')})",
    ]
    if vertebra:
        threshold = _number(vertebra.get("probability_threshold"))
        parts.append(f"a vertebra with a score of {threshold} or more ({vertebra.get('source')})")
        calibrated = origin["is_calibrated"]
        parts.append("the strip shows " + ("calibrated probabilities" if calibrated else "scores, not calibrated"))
    return "; ".join(parts) + "."


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float | int) else "unknown"


def _passed_over(output: Path) -> list[tuple[str, str]]:
    try:
        record = json.loads((output / PASSED_OVER).read_text(encoding="utf-8"))
        return [(re.sub(r".*[/\\]", "", str(path)), str(reason)) for path, reason in record.items()]
    except (OSError, ValueError, AttributeError):
        return []

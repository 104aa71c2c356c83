"""The files of a case beside the worklist: its thumbnail, and the volumes that the viewer opens.

A browser refuses to fetch files for a page that was opened from a disk, but runs scripts that lie beside it. So the
volumes of a case are a script, which hands them to the page when the case is opened.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataset_conversion.spine.files import atomic_file, write_text
from evaluation.report.niivue import niivue_script
from vf_nnunet.screening.worklist.settings import THUMBNAIL, ThumbnailSettings
from vf_nnunet.screening.worklist.thumbnail import draw_thumbnail
from vf_nnunet.screening.worklist.volumes import CaseVolumes, Point

FOLDER = "worklist"
"""Folder beside the page."""
LIBRARY = "niivue.js"
"""The viewer's library, once in the folder."""
CALL = "openVolumes"
"""The page's function that a script of volumes calls."""


@dataclass(frozen=True)
class CaseFiles:
    """Where the files of a case are.

    Attributes:
        output: Folder of the results, in which the page lies.
        case: Case id.
    """

    output: Path
    case: str

    @property
    def volumes(self) -> Path:
        """The script with the volumes."""
        return self.output / FOLDER / "cases" / f"{self.case}.js"

    @property
    def thumbnail(self) -> Path:
        """The small picture."""
        return self.output / FOLDER / "cases" / f"{self.case}.jpg"

    def remove(self) -> None:
        """Remove both."""
        self.volumes.unlink(missing_ok=True)
        self.thumbnail.unlink(missing_ok=True)

    def write(
        self,
        volumes: CaseVolumes,
        centres: Sequence[Point],
        settings: ThumbnailSettings = THUMBNAIL,
    ) -> None:
        """Write both.

        Args:
            volumes: CT and map of the case.
            centres: Centres of the vertebrae (x, y, z) in LPS mm.
            settings: Size of the picture.
        """
        self.volumes.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "case": self.case,
            "has_ct": volumes.has_ct,
            "ct": _base64(volumes.ct_file()),
            "probability": _base64(volumes.probability_file()),
        }
        self.write_thumbnail(draw_thumbnail(volumes, centres, settings))
        # Text in ASCII is the same script in any encoding.
        write_text(self.volumes, f"{CALL}({json.dumps(content)});\n")

    def write_thumbnail(self, content: bytes) -> None:
        """Write the small picture, a JPEG file."""
        self.thumbnail.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(self.thumbnail) as temporary:
            temporary.write_bytes(content)

    def thumbnail_base64(self) -> str | None:
        """The small picture for the page; None if there is none."""
        return _base64(self.thumbnail.read_bytes()) if self.thumbnail.is_file() else None


def write_library(output: Path) -> None:
    """Write the viewer's library into the folder beside the page, if it is not there yet."""
    path = output / FOLDER / LIBRARY
    script = niivue_script()
    if path.is_file() and path.stat().st_size == len(script.encode("utf-8")):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, script)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")

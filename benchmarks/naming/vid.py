"""VID's scans: levels and body points, a detector's body points, and the halves.

Expects in one folder `scans.csv` (scan, split, source), `points.csv.gz` (scan, level, keypoint, x, y, z in LPS mm) and
`detections.csv.gz` (scan, keypoint, x, y, z).
"""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.levels import level_index

FOLDS = 5
VERSE = "VerSe"
COLONOGRAPHY = "COLONOG"
PANCREAS = "Pancreas-CT"
"""Its levels are doubtful: in the derivation half, the mean lengths of its steps from T8 to L2 and the mean tilts from
T8 to L4 are close to those of the step one level lower in the other sources. No table is derived from it."""
T13_RATIO = 1.6
"""Distance of T12 to L1 over that of T11 to T12 above which a vertebra lies between. It is 1.1 on average."""
_VERSE_SUBJECT = re.compile(r"sub-([a-z]+\d+)")


@dataclass(frozen=True, eq=False)
class Scan:
    """One scan, head first.

    Attributes:
        patient: Name of the patient within VID.
        source: VerSe, COLONOG or Pancreas-CT.
        levels: Levels that are annotated.
        points: (levels, 3) their body points in LPS mm.
        detected: (n, 3) the detector's body points.
    """

    patient: str
    source: str
    levels: tuple[str, ...]
    points: FloatArray
    detected: FloatArray

    @property
    def derives(self) -> bool:
        """Whether the scan is in the half from which the tables are derived; the other half measures."""
        return _hashed(self.patient) % 2 == 0 and self.source != PANCREAS

    @property
    def measures(self) -> bool:
        """Whether the scan is in the half that measures, with that half of Pancreas-CT."""
        return _hashed(self.patient) % 2 == 1

    @property
    def fold(self) -> int:
        """The fold of the scan in the cross-validation within its half."""
        return _hashed(f"fold of {self.patient}") % FOLDS

    @property
    def has_t13(self) -> bool:
        """Whether a vertebra lies between T12 and L1. VID leaves out VerSe's T13, but the distance shows it."""
        if not {"T11", "T12", "L1"} <= set(self.levels):
            return False
        above, at, below = (self.points[self.levels.index(level)] for level in ("T11", "T12", "L1"))
        return bool(np.linalg.norm(below - at) > T13_RATIO * np.linalg.norm(at - above))

    @property
    def lacks_t12(self) -> bool:
        """Whether L1 follows T11."""
        return {"T11", "L1"} <= set(self.levels) and "T12" not in self.levels

    @property
    def is_regular(self) -> bool:
        """Whether no L6 and no T13 is seen, and T12 is not absent."""
        return not ("L6" in self.levels or self.has_t13 or self.lacks_t12)


def read_scans(folder: Path) -> list[Scan]:
    """All scans with at least one annotated body."""
    points: dict[str, list[tuple[str, list[float]]]] = defaultdict(list)
    for row in _rows(folder / "points.csv.gz"):
        if row["keypoint"] == "body":
            points[row["scan"]].append((row["level"], [float(row[axis]) for axis in "xyz"]))
    detected: dict[str, list[list[float]]] = defaultdict(list)
    for row in _rows(folder / "detections.csv.gz"):
        if row["keypoint"] == "body":
            detected[row["scan"]].append([float(row[axis]) for axis in "xyz"])
    scans = []
    for row in _rows(folder / "scans.csv"):
        annotated = sorted(points[row["scan"]], key=lambda point: level_index(point[0]))
        found = sorted(detected[row["scan"]], key=lambda point: -point[2])
        levels = tuple(level for level, _ in annotated)
        places = np.array([point for _, point in annotated])
        scans.append(Scan(*_origin(row["source"]), levels, places, np.array(found).reshape(-1, 3)))
    return scans


def _origin(source: str) -> tuple[str, str]:
    """Patient and source of a scan, from the path of its image."""
    parts = source.split("/")
    subject = _VERSE_SUBJECT.search(source)
    if subject:
        return subject[1], VERSE
    return (f"COLONOG/{parts[2]}" if parts[0] == "COLONOG" else source), parts[0]


def _hashed(text: str) -> int:
    return int(sha256(text.encode()).hexdigest(), 16)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from csv.DictReader(StringIO(text.decode("utf-8")))

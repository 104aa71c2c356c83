"""Derive the level tables of `evaluation/naming` from VID, write them, and measure the naming on the other half.

python -m benchmarks.naming VID [--write] [--derive-only]

VID is the folder with `scans.csv`, `points.csv.gz` and `detections.csv.gz`. The halves are made of patients: a patient
belongs to the derivation half if the SHA-256 of the name is even. Everything that is chosen (degrees of freedom, weight
of the likelihood, threshold) is chosen on the derivation half, by cross-validation over patients. The shares
are those of the VerSe scans of the other half, unless a row says otherwise. Pancreas-CT derives nothing, because its
levels are doubtful.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

from benchmarks.naming.derive import derive_tables
from benchmarks.naming.measure import (
    ANY,
    SHARE_HEADER,
    TYPICAL,
    Naming,
    choose_threshold,
    fields_of_view,
    log_score,
    name_detections,
    name_points,
    reliability_rows,
    share_row,
    spacing_alone,
    spacing_and_scale,
    with_threshold,
)
from benchmarks.naming.vid import COLONOGRAPHY, FOLDS, PANCREAS, VERSE, Scan, read_scans
from dataset_conversion.spine.files import write_json
from evaluation.naming import level_tables
from evaluation.naming.level_tables import LevelTables

FREEDOMS = (5.0, 8.0, 15.0)
WEIGHTS = (0.5, 0.65, 0.8, 1.0)
SHRINKAGE = 100.0
TARGET = 0.95
"""Share of the named vertebrae of the derivation half that is to be right, out of fold."""
SOURCE = (
    "Derived from the body points of VID (ImFusion), which annotates CTs of VerSe'19 and VerSe'20 (Löffler et al. "
    "2020, Sekuboyina et al. 2021) and CT Colonography (The Cancer Imaging Archive). VID's Pancreas-CT was not used"
)
RELIABILITY_HEADER = "| probability | vertebrae | mean | right | right, variants weighted |\n|---|---|---|---|---|"
Namer = Callable[..., Naming | None]


def main() -> None:
    """Print the shares; with `--write`, replace the package's tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vid", type=Path)
    parser.add_argument("--write", action="store_true", help="replace the tables in evaluation/naming")
    parser.add_argument("--derive-only", action="store_true", help="do not measure")
    arguments = parser.parse_args()
    scans = read_scans(arguments.vid)
    deriving = [scan for scan in scans if scan.derives]
    freedom, weight = choose_distribution(deriving)
    tables = derive_tables(deriving, freedom, weight, SHRINKAGE)
    threshold = choose_name_threshold(deriving, freedom, weight)
    content = {
        "source": SOURCE,
        "licence": "CC BY-SA 4.0",
        "made_by": "python -m benchmarks.naming VID --write",
        "split": "patients with an even SHA-256 of their name in VID; the other half was not used",
        "n": {"scans": len(deriving), "patients": len({scan.patient for scan in deriving})}
        | {"scans_by_source": dict(Counter(scan.source for scan in deriving))},
        "name_threshold": threshold,
        "tables": tables.to_json(),
    }
    if arguments.write:
        write_json(Path(level_tables.__file__).with_name(level_tables.TABLE_FILE), content)
    if not arguments.derive_only:
        tables = LevelTables.from_json(tables.to_json())
        measure([scan for scan in scans if scan.measures], tables, threshold)


def choose_distribution(scans: Sequence[Scan]) -> tuple[float, float]:
    """Degrees of freedom and weight with the best log probability of VerSe's true levels, out of fold."""
    by_fold = [derive_tables([scan for scan in scans if scan.fold != fold], 1, 1, SHRINKAGE) for fold in range(FOLDS)]
    verse = [scan for scan in scans if scan.source == VERSE]
    say("", "Derivation half, out of fold: log probability of the true level, spines all right", "")
    say("| degrees of freedom | weight | log probability | all right |", "|---|---|---|---|")
    scores: dict[tuple[float, float], float] = {}
    for freedom, weight in product(FREEDOMS, WEIGHTS):
        chosen = [replace(tables, degrees_of_freedom=freedom, evidence_weight=weight) for tables in by_fold]
        scores[freedom, weight], right = log_score(verse, chosen)
        say(f"| {freedom:g} | {weight:g} | {scores[freedom, weight]:.3f} | {right:.1%} |")
    return max(scores, key=lambda pair: scores[pair])


def choose_name_threshold(scans: Sequence[Scan], freedom: float, weight: float) -> float:
    """The threshold for VerSe's scans, from annotated and from detected points, whichever needs more."""
    by_fold = [
        derive_tables([scan for scan in scans if scan.fold != fold], freedom, weight, SHRINKAGE)
        for fold in range(FOLDS)
    ]
    verse = [scan for scan in scans if scan.source == VERSE]
    chosen = []
    say("", "Derivation half, out of fold", "", SHARE_HEADER)
    for label, namer in namers().items():
        namings = [namer(scan, by_fold[scan.fold], TYPICAL, "") for scan in verse]
        chosen.append(choose_threshold(verse, namings, TARGET))
        say(share_row(f"{label}; threshold {chosen[-1]:g}", with_threshold(namings, chosen[-1])))
    return max(chosen)


def namers() -> dict[str, Namer]:
    """The two sources of centres."""
    return {"annotated points": name_points, "detected points": name_detections}


def measure(scans: Sequence[Scan], tables: LevelTables, threshold: float) -> None:
    """Print the shares of the half that was not used."""
    typical, unknown = (replace(settings, name_threshold=threshold) for settings in (TYPICAL, ANY))
    ways = {"usual field of view": typical, "any field of view": unknown}
    verse = [scan for scan in scans if scan.source == VERSE]
    say("", f"Other half, name threshold {threshold:g}, annotated points", "", SHARE_HEADER)
    for (way, settings), (name, reduce) in product(ways.items(), reductions().items()):
        namings = [name_points(scan, reduce(tables), settings) for scan in verse]
        say(share_row(f"{name}; {way}", namings))
        say(share_row(f"{name}; {way}; regular spines", chosen_of(verse, namings, is_regular)))
    for label, namer in namers().items():
        say("", label, "", SHARE_HEADER)
        for end in ("lowest", "highest"):
            say(share_row(f"{end} level known", [namer(scan, tables, typical, end) for scan in verse]))
        for way, settings in ways.items():
            measure_way(f"{label}, {way}", scans, partial(namer, tables=tables, settings=settings))


def measure_way(label: str, scans: Sequence[Scan], name: Callable[[Scan], Naming | None]) -> None:
    """Print the shares by kind of scan and by source, and the reliability."""
    say("", label, "", SHARE_HEADER)
    verse = [scan for scan in scans if scan.source == VERSE]
    namings = [name(scan) for scan in verse]
    for kind, is_of in ({"VerSe": every, "regular spines": is_regular} | fields_of_view()).items():
        say(share_row(kind, chosen_of(verse, namings, is_of)))
    for source in (COLONOGRAPHY, PANCREAS):
        say(share_row(source, [name(scan) for scan in scans if scan.source == source]))
    say("", f"Reliability, {label}", "", RELIABILITY_HEADER)
    say(*reliability_rows(verse, namings))


def reductions() -> dict[str, Callable[[LevelTables], LevelTables]]:
    """What of the tables is used."""
    return {"spacing": spacing_alone, "spacing and scale": spacing_and_scale, "spacing, scale and slope": same}


def every(scan: Scan) -> bool:
    """All scans."""
    return bool(scan.levels)


def is_regular(scan: Scan) -> bool:
    """Scans without a variant that their annotation shows."""
    return scan.is_regular


def chosen_of(
    scans: Sequence[Scan], namings: Sequence[Naming | None], is_of: Callable[[Scan], bool]
) -> list[Naming | None]:
    """The namings of some of the scans."""
    return [naming for scan, naming in zip(scans, namings, strict=True) if is_of(scan)]


def same(tables: LevelTables) -> LevelTables:
    """All of the tables."""
    return tables


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

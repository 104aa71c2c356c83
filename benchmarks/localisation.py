"""Locate vertebrae in the out-of-fold maps of a model, and compare them with the annotated centres.

python benchmarks/localisation.py -m MODEL --annotations VERTEBRAE.csv [-f K ...]

Located and annotated centres are matched one to one, with the least sum of distances. A vertebra is found within 10 mm.
A located vertebra without an annotated one within 10 mm is false if it lies in the annotated span, and beyond it
otherwise; there it may be a vertebra that the image cuts. At own centres, a graded vertebra is scored at its match
within 20 mm, and 0 if there is none. The interval is one over patients. Seconds are those of the processor,
from the sum of the maps on, without reading.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.vertebra_table import Vertebra, is_fracture, read_vertebra_table
from evaluation.cohort.sources import CaseMap, find_maps_in_model
from evaluation.localisation.locate import locate_vertebrae
from evaluation.localisation.vertebra_map import add_maps
from evaluation.maps.probability_map import ProbabilityMap, read_probability_map
from evaluation.settings import PAPER_CUBE_SIDE, EvaluationSettings
from evaluation.statistics.roc import roc_curve
from evaluation.vertebra.score import vertebra_scores

FOUND, MATCHED = 10.0, 20.0
"""Largest distance in mm of a vertebra that is found, and of one that is scored at its own centre."""
BEYOND = 5.0
"""Distance in mm above and below the outer annotated centres that still belongs to the span."""
SETTINGS = EvaluationSettings(localisation_noise=0.0, localisation_draws=1)
REPLICATES = 1000


@dataclass
class Tally:
    """The figures of a cohort.

    Attributes:
        annotated: Number of annotated vertebrae.
        errors: Distance in mm of each vertebra that was found.
        inserted: Number of located vertebrae without a peak.
        false: Number of false vertebrae in the annotated span.
        beyond: Number of located vertebrae beyond it.
        scores: (patient, fractured, score at the annotated centre, score at the own centre) of each graded vertebra.
        seconds: Processor time.
        voxels: Number of voxels.
    """

    annotated: int = 0
    errors: list[float] = field(default_factory=list)
    inserted: int = 0
    false: int = 0
    beyond: int = 0
    scores: list[tuple[str, bool, float, float]] = field(default_factory=list)
    seconds: float = 0.0
    voxels: int = 0

    def add_case(self, source: CaseMap, rows: Sequence[Vertebra]) -> None:
        """Locate the vertebrae of a case and compare them."""
        fracture = read_probability_map(source.path, source.labels)
        normal = read_probability_map(source.path.with_name(source.path.name.replace("_fracture.", "_normal.")))
        started = time.process_time()
        located = locate_vertebrae(add_maps([fracture, normal]))
        self.seconds += time.process_time() - started
        self.voxels += fracture.quantised.size
        self.inserted += sum(vertebra.inserted for vertebra in located)
        centres = np.array([vertebra.centre for vertebra in located]).reshape(-1, 3)
        annotated = np.array([row.centroid for row in rows])
        distance = np.linalg.norm(annotated[:, None] - centres, axis=2)
        matches = list(zip(*linear_sum_assignment(np.minimum(distance, MATCHED)), strict=True))
        found = {own: distance[row, own] for row, own in matches if distance[row, own] <= FOUND}
        self.annotated += len(rows)
        self.errors += found.values()
        self._count_others(np.delete(centres[:, 2], list(found)), annotated[:, 2])
        own_centre = {row: centres[own] for row, own in matches if distance[row, own] <= MATCHED}
        self._score(fracture, rows, own_centre)

    def _count_others(self, heights: FloatArray, annotated: FloatArray) -> None:
        in_span = (heights > annotated.min() - BEYOND) & (heights < annotated.max() + BEYOND)
        self.false += int(in_span.sum())
        self.beyond += int((~in_span).sum())

    def _score(self, fracture: ProbabilityMap, rows: Sequence[Vertebra], own_centre: dict[int, FloatArray]) -> None:
        for number, row in enumerate(rows):
            if row.grade is None:
                continue
            own = own_centre.get(number)
            moved = None if own is None else replace(row, x=float(own[0]), y=float(own[1]), z=float(own[2]))
            at_annotated, at_own = (
                0.0 if place is None else float(vertebra_scores(fracture, [place], PAPER_CUBE_SIDE, SETTINGS)[0, 0])
                for place in (row, moved)
            )
            self.scores.append((row.patient_id, bool(is_fracture(row.grade)), at_annotated, at_own))


def auc_difference(scores: Sequence[tuple[str, bool, float, float]]) -> tuple[float, float, tuple[float, float]]:
    """AUC at annotated and at own centres, and the interval of the second minus the first."""
    patients = defaultdict(list)
    for number, (patient, *_) in enumerate(scores):
        patients[patient].append(number)
    fracture = np.array([row[1] for row in scores])
    both = np.array([row[2:] for row in scores])
    groups = list(patients.values())
    generator = np.random.default_rng(SETTINGS.seed)
    differences = []
    for _ in range(REPLICATES):
        rows = np.concatenate([groups[draw] for draw in generator.integers(len(groups), size=len(groups))])
        if 0 < fracture[rows].sum() < len(rows):
            annotated, own = (roc_curve(fracture[rows], both[rows, column]).auc for column in (0, 1))
            differences.append(own - annotated)
    low, high = np.percentile(differences, [2.5, 97.5])
    annotated, own = (roc_curve(fracture, both[:, column]).auc for column in (0, 1))
    return annotated, own, (float(low), float(high))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", dest="model", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=None, help="default: all folds")
    arguments = parser.parse_args()
    rows = defaultdict(list)
    for row in read_vertebra_table(arguments.annotations):
        rows[row.case_id].append(row)
    tally, cases = Tally(), find_maps_in_model(arguments.model, arguments.folds)
    for source in cases:
        tally.add_case(source, rows[source.case_id])
    count = tally.annotated
    annotated, own, (low, high) = auc_difference(tally.scores)
    lines = {
        "cases, annotated vertebrae": f"{len(cases)}, {count}",
        "found within 10 mm": f"{len(tally.errors)} ({len(tally.errors) / count:.1%})",
        "mean error of these": f"{np.mean(tally.errors):.2f} mm",
        "false in the annotated span": f"{tally.false} ({tally.false / count:.1%})",
        "located beyond the annotated span": f"{tally.beyond}",
        "inserted": f"{tally.inserted}",
        "vertebra AUC at annotated centres": f"{annotated:.3f}",
        "vertebra AUC at own centres": f"{own:.3f}",
        "difference (95% interval)": f"{own - annotated:+.4f} ({low:+.4f} to {high:+.4f})",
        "processor seconds per million voxels": f"{tally.seconds / tally.voxels * 1e6:.4f}",
    }
    sys.stdout.write("".join(f"| {name} | {value} |\n" for name, value in lines.items()))


if __name__ == "__main__":
    main()

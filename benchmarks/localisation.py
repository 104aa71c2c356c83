"""Locate and name vertebrae in the out-of-fold maps of a model, and compare them with the annotated ones.

python benchmarks/localisation.py -m MODEL --annotations VERTEBRAE.csv [-f K ...]

The figures are those of `vf_nnunet evaluate`, with intervals over patients. Seconds are those of the
processor for the localisation alone, from the sum of the maps on, without reading.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from evaluation.analysis.own_centres import OwnCentres, analyse_own_centres
from evaluation.analysis.scoring import score_and_detect
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import Case
from evaluation.cohort.images import read_map
from evaluation.cohort.normal_maps import read_normal_map
from evaluation.cohort.sources import find_maps_in_model
from evaluation.localisation.identification import IdentificationMetrics
from evaluation.localisation.locate import locate_vertebrae
from evaluation.localisation.vertebra_map import add_maps
from evaluation.settings import EvaluationSettings
from evaluation.statistics.bootstrap import draw_replicates
from evaluation.statistics.ratios import Ratio


def analyse(model: Path, annotations: Path, folds: Sequence[int] | None) -> tuple[OwnCentres, Sequence[Case]]:
    """The results at own centres, as `vf_nnunet evaluate` computes them, and the cases."""
    settings = EvaluationSettings(allow_unpaired=folds is not None)
    cohort = assemble_cohort(find_maps_in_model(model, folds), annotations, settings)
    scored = score_and_detect(cohort, annotations, settings)
    if scored.located is None:
        sys.exit(f"{model}: no maps of normal vertebrae; expected those of a training by this version")
    weights = draw_replicates(scored.scores.patients, settings)
    own = analyse_own_centres(cohort.cases, scored.located, scored.scores, scored.detections, weights, settings)
    return own, cohort.cases


def seconds_per_million_voxels(cases: Sequence[Case]) -> float:
    """Processor seconds of the localisation, relative to the voxels of the maps."""
    seconds, voxels = 0.0, 0
    for case in cases:
        fracture = read_map(case)
        normal = read_normal_map(case, fracture)
        started = time.process_time()
        locate_vertebrae(add_maps([fracture, normal]))
        seconds += time.process_time() - started
        voxels += fracture.quantised.size
    return seconds / voxels * 1e6


def describe_detection(own: OwnCentres) -> dict[str, str]:
    """How well vertebrae are found and scored."""
    metrics, difference = own.metrics, own.to_annotated
    lines = {
        "found within 20 mm": share(metrics.detected),
        "found within 10 mm": share(metrics.near),
        "mean error of those found": f"{metrics.error.estimate:.2f} mm",
        "false in the annotated span": share(metrics.false),
        "located beyond the annotated span": f"{metrics.beyond}",
        "inserted": f"{metrics.inserted}",
    }
    if difference is not None and difference.ci95 is not None:
        low, high = difference.ci95
        lines["vertebra AUC at annotated centres"] = f"{difference.second:.3f}"
        lines["vertebra AUC at own centres"] = f"{difference.first:.3f}"
        lines["difference (95% interval)"] = f"{difference.difference:+.4f} ({low:+.4f} to {high:+.4f})"
    return lines


def describe_names(title: str, metrics: IdentificationMetrics) -> dict[str, str]:
    """How well vertebrae are named."""
    return {
        f"{title}: identification rate": share(metrics.identified),
        f"{title}: named, of those found": share(metrics.named),
        f"{title}: right among named": share(metrics.right),
        f"{title}: most probable level right": share(metrics.probable),
        f"{title}: scans without a name": f"{metrics.unnamed_cases} of {metrics.cases}",
    }


def share(ratio: Ratio) -> str:
    """Count, total and percentage."""
    percentage = "" if ratio.estimate is None else f" ({ratio.estimate:.1%})"
    return f"{ratio.total:.0f} of {ratio.count}{percentage}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", dest="model", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=None, help="default: all folds")
    arguments = parser.parse_args()
    own, cases = analyse(arguments.model, arguments.annotations, arguments.folds)
    lines = {"cases": f"{len(cases)}", **describe_detection(own), **describe_names("names", own.names.metrics)}
    if own.names.lowest is not None:
        lines |= describe_names("lowest is annotated", own.names.lowest.not_given)
        lines |= describe_names("its level given", own.names.lowest.given)
    lines["processor seconds per million voxels"] = f"{seconds_per_million_voxels(cases):.4f}"
    sys.stdout.write("".join(f"| {name} | {value} |\n" for name, value in lines.items()))


if __name__ == "__main__":
    main()

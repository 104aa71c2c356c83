"""Compare two models of the same folds at the vertebrae near the borders of images, and elsewhere.

python benchmarks/borders.py BEFORE AFTER --annotations VERTEBRAE.csv [--preprocessed FOLDER] [-f K ...]
python benchmarks/borders.py --narrow COHORT

BEFORE and AFTER are folders of trained models with out-of-fold maps of the same cases. As in `vf_nnunet evaluate`, a
vertebra is at the edge if it is the first or last annotated one, or within 30 mm of the map's upper or lower border.
AUCs are those of `evaluate`; the interval of the difference is a paired bootstrap over patients.

FOLDER is nnU-Net's folder of the preprocessed cases (`nnUNetVFPlans_3d_fullres`). Its labels give the shares that are
out of reach of a training whose segments, with their context, stay inside the image.

COHORT is a new folder for 40 phantoms in narrow fields: as those of the demo, but with four vertebrae each in fields of
88 x 80 mm.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from dataset_conversion.phantom import SPINE, write_cohort
from dataset_conversion.phantom.settings.acquisition import FieldSettings
from dataset_conversion.spine.labels import FRACTURE, NORMAL
from evaluation.analysis.scoring import ScoredCohort, score_and_detect
from evaluation.cohort.assembly import assemble_cohort
from evaluation.cohort.cases import EvaluationCohort
from evaluation.cohort.sources import find_maps_in_model
from evaluation.settings import EvaluationSettings
from evaluation.statistics.comparison import compare_vertebrae
from evaluation.statistics.scores import VertebraScores
from evaluation.vertebra.surroundings import vertebra_surroundings
from vf_nnunet.network.architecture import ARCHITECTURES

FOUR_VERTEBRAE = (
    ("T9", "T12", 4),
    ("T10", "L1", 4),
    ("T11", "L2", 3),
    ("T12", "L3", 3),
    ("L1", "L4", 3),
    ("L2", "L5", 3),
)
NARROW = replace(
    SPINE,
    composition=replace(SPINE.composition, fields=FOUR_VERTEBRAE),
    field_of_view=FieldSettings(crop=(88.0, 80.0)),
)
SETTINGS = EvaluationSettings()
CONTEXT = ARCHITECTURES["3d_fullres"].context


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="*", metavar="MODEL")
    parser.add_argument("--annotations", type=Path)
    parser.add_argument("--preprocessed", type=Path, default=None)
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=None, help="default: all folds")
    parser.add_argument("--narrow", type=Path, default=None)
    arguments = parser.parse_args()
    if arguments.narrow is not None:
        write_cohort(arguments.narrow, 40, 2, NARROW)
        return
    if len(arguments.models) != 2 or arguments.annotations is None:
        parser.error("expected two models and --annotations, or --narrow")
    before, after = arguments.models
    lines = compare_models(before, after, arguments.annotations, arguments.folds)
    if arguments.preprocessed is not None:
        lines += describe_reach(arguments.preprocessed)
    sys.stdout.write("\n".join(lines) + "\n")


def compare_models(before: Path, after: Path, annotations: Path, folds: list[int] | None) -> list[str]:
    """A row for all vertebrae, for those at the edge and for the others."""
    (_, reference), (cohort, second) = (scored(model, annotations, folds) for model in (before, after))
    distances = [case.border_distance for case in second.detections]
    edge = vertebra_surroundings(cohort.cases, distances, SETTINGS).edge
    lines = ["| vertebrae | number, fractured | before | after | difference (95% interval) |", "|---|---|---|---|---|"]
    for name, chosen in (("all", np.ones_like(edge)), ("at the edge", edge), ("others", ~edge)):
        new, old = (subset(part.scores.vertebrae, chosen) for part in (second, reference))
        found = compare_vertebrae(new, old)
        interval = "" if found.ci95 is None else f" ({found.ci95[0]:+.3f} to {found.ci95[1]:+.3f})"
        lines.append(
            f"| {name} | {len(new.fracture)}, {new.fracture.sum()} | {found.second:.3f} | {found.first:.3f} | "
            f"{found.difference:+.3f}{interval} |"
        )
    return lines


def scored(model: Path, annotations: Path, folds: list[int] | None) -> tuple[EvaluationCohort, ScoredCohort]:
    """The cohort of a model's maps, and its scores."""
    settings = replace(SETTINGS, allow_unpaired=True)
    cohort = assemble_cohort(find_maps_in_model(model, folds), annotations, settings)
    return cohort, score_and_detect(cohort, annotations, SETTINGS, locate=False)


def subset(vertebrae: VertebraScores, chosen: npt.NDArray[np.bool_]) -> VertebraScores:
    """The scores of some vertebrae."""
    return replace(
        vertebrae,
        case_id=tuple(np.array(vertebrae.case_id)[chosen]),
        vertebra=tuple(np.array(vertebrae.vertebra)[chosen]),
        **{name: getattr(vertebrae, name)[chosen] for name in ("patient", "grade", "fracture", "scores")},
    )


def describe_reach(folder: Path) -> list[str]:
    """The parts of the labels of preprocessed cases that no segment inside the image can predict."""
    from nnunetv2.training.dataloading.nnunet_dataset import nnUNetDatasetBlosc2

    cases = nnUNetDatasetBlosc2(str(folder))
    totals = {"ellipsoids": np.zeros(2, int), "normal voxels": np.zeros(2, int), "fracture voxels": np.zeros(2, int)}
    for name in cases.identifiers:
        labels = np.asarray(cases.load_case(name)[1][0])
        near = np.ones(labels.shape, bool)
        near[tuple(slice(margin, size - margin) for margin, size in zip(CONTEXT, labels.shape, strict=True))] = False
        for label, part in ((NORMAL, "normal voxels"), (FRACTURE, "fracture voxels")):
            totals[part] += [np.count_nonzero((labels == label) & near), np.count_nonzero(labels == label)]
        bodies, count = ndimage.label(labels > 0)
        reached = np.unique(bodies[~near & (bodies > 0)])
        totals["ellipsoids"] += [count - len(reached), count]
    rows = [f"| {part} | {missed} of {total} ({missed / total:.1%}) |" for part, (missed, total) in totals.items()]
    return [
        "",
        f"| out of reach of segments inside the image, {len(cases.identifiers)} cases | |",
        "|---|---|",
        *rows,
    ]


if __name__ == "__main__":
    main()

"""Score probability maps against the vertebra table: ROC, statistics, figures, report.html."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.records.source_counts import SourceCount, describe_counts
from vf_nnunet.commands.options import add_fracture_grade, add_output

if TYPE_CHECKING:
    from evaluation.cohort.sources import CaseMap

EXAMPLE = "vf_nnunet evaluate -m MODEL --annotations nnUNet_raw/Dataset701_Fractures/vertebrae.csv -o evaluation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "-m", dest="model", type=Path, metavar="MODEL", help="trained model, whose out-of-fold maps are scored"
    )
    source.add_argument(
        "--predictions",
        type=Path,
        metavar="DIR",
        help="folder with any detector's <case>_fracture.nii.gz, or with nnU-Net's <case>.npz and <case>.nii.gz",
    )
    parser.add_argument("-f", dest="folds", type=int, nargs="+", default=None, metavar="K", help="only these folds")
    parser.add_argument(
        "--annotations",
        type=Path,
        required=True,
        metavar="CSV",
        help="vertebra table; a converted dataset has one in its folder",
    )
    parser.add_argument(
        "--compare", type=Path, default=None, metavar="MODEL_OR_DIR", help="maps of another detector for the same cases"
    )
    _add_scoring(parser)
    _add_statistics(parser)
    parser.add_argument(
        "--images",
        type=Path,
        default=None,
        metavar="DIR",
        help="CT images (imagesTr) for the report's pictures and viewer",
    )
    parser.add_argument(
        "--labels",
        type=Path,
        default=None,
        metavar="DIR",
        help="label images (labelsTr): a finding inside an ellipsoid is a hit as well",
    )
    parser.add_argument(
        "--masks",
        type=Path,
        default=None,
        metavar="DIR",
        help="vertebra masks <case>.nii.gz: their loss of height is compared with the grades",
    )
    parser.add_argument("--note", default="", help="sentence for the top of the report, for example about the cohort")
    add_fracture_grade(parser)
    add_output(parser, "folder for the scores and the report")


def _add_scoring(parser: argparse.ArgumentParser) -> None:
    """Options for scores."""
    parser.add_argument(
        "--count",
        choices=("largest", "total"),
        default="largest",
        help="compare the noise threshold with the largest component or with all voxels (default: largest)",
    )
    parser.add_argument(
        "--connectivity",
        type=int,
        choices=(6, 18, 26),
        default=26,
        help="number of neighbours by which voxels form a component (default: 26)",
    )
    parser.add_argument(
        "--cube",
        type=_cube_side,
        default=10,
        metavar="SIDE",
        help="side of the vertebra's cube in mm, or auto to choose it on the other folds (default: 10)",
    )
    parser.add_argument(
        "--localisation",
        choices=("normal", "lognormal"),
        default="normal",
        help="error added to centroids: as in the paper, or a stress test of 6.2 ± 16.2 mm (default: normal)",
    )
    parser.add_argument(
        "--localisation-noise",
        type=float,
        default=3.0,
        metavar="MM",
        help="standard deviation of the normal error per axis (default: 3)",
    )


def _add_statistics(parser: argparse.ArgumentParser) -> None:
    """Options for curves and intervals."""
    parser.add_argument(
        "--noise-thresholds",
        type=int,
        nargs="+",
        default=[1, 8, 27, 64, 125, 250, 500, 1000],
        metavar="N",
        help="noise thresholds in voxels of 1 mm3, ascending; 125 must be among them, because the AUC at the "
        "threshold fixed in advance is taken there (default: 1 8 27 64 125 250 500 1000)",
    )
    parser.add_argument(
        "--bootstrap-replicates",
        type=int,
        default=1000,
        metavar="N",
        help="number of bootstrap samples for confidence intervals (default: 1000)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=2019,
        metavar="N",
        help="seed of the bootstrap, the localisation error and patient groups (default: 2019)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Evaluate, and print the AUCs and the path of the report."""
    from evaluation.cohort.sources import find_maps, find_maps_in_folder, find_maps_in_model
    from evaluation.evaluate import evaluate
    from evaluation.settings import EvaluationSettings
    from vf_nnunet.nnunet.evaluation_record import write_evaluation_record

    if arguments.folds is not None and arguments.model is None:
        raise InputError("-f needs -m: maps in a folder have no folds")
    if arguments.model is None:
        folders = []
        maps = find_maps_in_folder(arguments.predictions)
    else:
        maps = find_maps_in_model(arguments.model, arguments.folds)
        folders = _checked_folds(arguments.model, maps)
    other = None if arguments.compare is None else find_maps(arguments.compare, arguments.folds)
    settings = EvaluationSettings(
        fracture_grade=arguments.fracture_grade,
        connectivity=arguments.connectivity,
        count=arguments.count,
        cube_side=arguments.cube,
        noise_thresholds=tuple(arguments.noise_thresholds),
        bootstrap_replicates=arguments.bootstrap_replicates,
        seed=arguments.seed,
        localisation_error=arguments.localisation,
        localisation_noise=arguments.localisation_noise,
        allow_unpaired=arguments.folds is not None,
        note=arguments.note,
    )
    summary = evaluate(
        maps,
        arguments.annotations,
        arguments.output,
        settings,
        arguments.images,
        other,
        arguments.labels,
        arguments.masks,
    )
    write_evaluation_record(arguments.output, folders, weights_of(folders))
    sys.stderr.write("".join(f"note: {note}\n" for note in summary["notes"]))
    sys.stdout.write(describe_summary(summary, arguments.output))


def _checked_folds(model: Path, maps: Sequence["CaseMap"]) -> list[Path]:
    """Folders of the folds to evaluate, trained from the same data; warnings say if data or models are newer.

    Raises:
        InputError: If two folds were trained from different data or settings, or a fold has not the maps of its cases.
    """
    from vf_nnunet.nnunet.fold_maps import check_fold_cases, outdated_maps
    from vf_nnunet.nnunet.fold_record import check_agreement, outdated_folds

    by_folder: dict[Path, list[CaseMap]] = {}
    for source in maps:
        by_folder.setdefault(model / f"fold_{source.fold}", []).append(source)
    check_agreement(list(by_folder))
    preprocessed = Path(os.environ.get("nnUNet_preprocessed", ""), model.resolve().parent.name)
    warnings = outdated_folds(list(by_folder), preprocessed)
    problems: list[str] = []
    for folder, found in by_folder.items():
        warnings += outdated_maps(folder, [source.path for source in found])
        try:
            check_fold_cases(folder, [source.case_id for source in found])
        except InputError as error:
            problems += error.problems
    sys.stderr.write("".join(f"warning: {text}\n" for text in warnings))
    if problems:
        raise InputError(problems)
    return list(by_folder)


def weights_of(folders: Sequence[Path]) -> dict[str, str]:
    """SHA-256 of the weights of each fold; empty for the maps of a model that `predict` cannot use."""
    if not folders:
        return {}
    from vf_nnunet.model.model_file import fold_digests
    from vf_nnunet.model.model_folder import read_model_folder

    names = [folder.name.removeprefix("fold_") for folder in folders]
    try:
        return fold_digests(read_model_folder(folders[0].parent, names).ensemble)
    except InputError:
        return {}


def describe_summary(summary: dict[str, Any], output: Path) -> str:
    """The path of the report and the AUCs, each at the end of a line; the vertebra AUC comes last."""
    patient, vertebra = summary["patient"], summary["vertebra"]
    lines = (
        *_describe_sources(summary.get("sources", {})),
        f"report: {output / 'report.html'}",
        *_describe_comparison(summary["comparison"]),
        f"patient AUC, hull on all {patient['n']} patients{_interval(patient['auc_hull_bootstrap'])}: "
        f"{_number(patient['auc_hull'])}",
        f"patient AUC, nested (hull of the other folds){_interval({'ci95': patient['auc_nested_ci95']})}: "
        f"{_number(patient['auc_nested'])}",
        f"patient AUC, noise threshold fixed in advance{_interval(patient['auc_fixed_bootstrap'])}: "
        f"{_number(patient['auc_fixed'])}",
        *_describe_own_centres(vertebra.get("own_centres")),
        f"vertebra AUC, {vertebra['n']} vertebrae pooled{_interval(vertebra['auc_bootstrap'])}: "
        f"{_number(vertebra['auc'])}",
    )
    return "\n".join(lines) + "\n"


def _describe_sources(sources: dict[str, dict[str, int]]) -> list[str]:
    """One line about what was read and used."""
    counts = {name: SourceCount(**count) for name, count in sources.items()}
    return [describe_counts(counts)] if counts else []


def _describe_own_centres(own: dict[str, Any] | None) -> list[str]:
    """Lines about the vertebrae that are located in the maps; none without them."""
    if own is None:
        return []
    found, near, error = own["detection_rate"], own["near_rate"], own["mean_error_mm"]["estimate"]
    difference = own["difference_from_annotated"]
    lines = [
        f"vertebrae located in the maps: {found['total']:.0f} of {found['count']} within {own['radius_mm']:g} mm, "
        f"{near['total']:.0f} within {own['near_radius_mm']:g} mm; mean error {_millimetres(error)}; "
        f"{own['false_in_span']['total']:.0f} false, {own['beyond_span']} beyond the annotated span, "
        f"{own['inserted']['total']} inserted",
    ]
    lines.append(_describe_names(own["naming"]))
    if difference is not None:
        change = f"{difference['difference']:+.3f}"
        lines.append(f"difference of located to annotated centres, vertebra{_interval(difference)}: {change}")
    return [*lines, f"vertebra AUC at located centres{_interval(own['auc_bootstrap'])}: {_number(own['auc'])}"]


def _describe_names(naming: dict[str, Any]) -> str:
    """A line about the names of the located vertebrae."""
    rate, named, right = (naming[key] for key in ("identification_rate", "named", "right_among_named"))
    return (
        f"names of the located vertebrae: identification rate {_percent(rate)}; {named['total']:.0f} of "
        f"{named['count']} found are named, {right['total']:.0f} of these right; most probable level right: "
        f"{_percent(naming['most_probable_right'])}"
    )


def _percent(rate: dict[str, Any]) -> str:
    return "unknown" if rate["estimate"] is None else f"{rate['estimate']:.1%}"


def _millimetres(error: float | None) -> str:
    return "unknown" if error is None else f"{error:.1f} mm"


def _describe_comparison(comparison: dict[str, Any] | None) -> list[str]:
    """One line for each AUC that both detectors have."""
    return [
        f"difference to the other detector, {name.replace('_', ' ')}{_interval(values)}: {values['difference']:+.3f}"
        for name, values in (comparison or {}).items()
        if values is not None
    ]


def _cube_side(text: str) -> int | Literal["auto"]:
    return "auto" if text == "auto" else int(text)


def _interval(bootstrap: dict[str, Any] | None) -> str:
    if bootstrap is None or bootstrap["ci95"] is None:
        return ""
    low, high = bootstrap["ci95"]
    return f" (95% interval {low:.3f} to {high:.3f})"


def _number(value: float | None) -> str:
    return "none; see the report for the reason" if value is None else f"{value:.3f}"

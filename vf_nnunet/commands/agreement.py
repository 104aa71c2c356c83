"""Compare two readers of the same CTs: kappa for fractures and grades, distances, the list of disagreements."""

import argparse
import sys
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from vf_nnunet.commands.options import add_fracture_grade, add_output, output_problems

EXAMPLE = "vf_nnunet agreement anna.csv tom.csv -o agreement"
SUMMARY = "agreement.json"
DISAGREEMENTS = "disagreements.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("first", type=Path, metavar="FIRST", help="vertebra table of the first reader")
    parser.add_argument("second", type=Path, metavar="SECOND", help="vertebra table of the second reader")
    add_output(parser, f"folder for {SUMMARY} and {DISAGREEMENTS}", Path("agreement"))
    add_fracture_grade(parser)


def run(arguments: argparse.Namespace) -> None:
    """Compare, write both files and print the numbers."""
    from dataset_conversion.spine.files import write_json
    from evaluation.agreement.compare import compare, write_disagreements
    from evaluation.agreement.pairs import PairSettings
    from evaluation.settings import StatisticsSettings

    problems = output_problems(arguments.output)
    if problems:
        raise InputError(problems)
    settings = PairSettings(fracture_grade=arguments.fracture_grade)
    comparison = compare(arguments.first, arguments.second, settings, StatisticsSettings())
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_disagreements(arguments.output / DISAGREEMENTS, comparison.pairs, settings.far)
    write_json(arguments.output / SUMMARY, comparison.summary)
    sys.stdout.write("\n".join([*_lines(comparison.summary), str(arguments.output)]) + "\n")


def _lines(summary: dict[str, Any]) -> list[str]:
    vertebrae = summary["vertebrae"]
    lines = [
        f"cases: {summary['cases']}, patients: {summary['patients']}; vertebrae: {vertebrae['both']} marked by both, "
        f"{vertebrae['only_first']} by the first only, {vertebrae['only_second']} by the second only; "
        f"{vertebrae['graded_by_both']} graded by both",
        *(
            f"left out, as only the {reader} reader has it: case {case}"
            for reader, cases in summary["cases_of_one_reader"].items()
            for case in cases
        ),
    ]
    for name, title in (("any_fracture", "kappa, any fracture"), ("grade", "quadratic kappa, grades")):
        lines.append(f"{title}: {_kappa(summary[name])}")
    distance = summary["distance_mm"]
    if distance is not None:
        lines.append(
            f"distance of the centres: {distance['mean']:.1f} mm{_interval(distance['ci95'], 1)} on average, "
            f"{distance['largest']:.1f} mm at most"
        )
    return [*lines, f"disagreements: {summary['disagreements']}, in {DISAGREEMENTS}"]


def _kappa(found: dict[str, Any] | None) -> str:
    if found is None:
        return "none, as no vertebra was graded by both"
    if found["kappa"] is None:
        return "none, as all grades are the same"
    return f"{found['kappa']:.3f}{_interval(found['ci95'], 3)}"


def _interval(limits: list[float] | None, digits: int) -> str:
    if limits is None:
        return " (no interval: too few patients)"
    return f" (95% interval over patients {limits[0]:.{digits}f} to {limits[1]:.{digits}f})"

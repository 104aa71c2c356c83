"""Derive the spines of phantoms from VID: how long the steps between neighbouring bodies are, and where they lead.

python -m benchmarks.spines VID [--write]

VID is the folder with `scans.csv` and `points.csv.gz`. All scans of VerSe and of CT colonography are used, those of
VerSe several times, so that both sources have about the same weight.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.naming.derive import fit_normal
from benchmarks.naming.vid import PANCREAS, VERSE, Scan, read_scans
from dataset_conversion.phantom.anatomy import measured_steps
from dataset_conversion.phantom.anatomy.measured_steps import STEP_LEVELS
from dataset_conversion.spine.files import write_json
from dataset_conversion.spine.geometry import FloatArray
from evaluation.naming.steps import Steps

STEPS = len(STEP_LEVELS) - 1
SHRINKAGE = 20.0
LONGEST_DEVIATION = 0.6
"""Largest deviation of a log spacing from the median of its step; more is a vertebra that was left out."""
DIGITS = 4
SOURCE = (
    "Derived from the body points of VID (ImFusion), which annotates CTs of VerSe'19 and VerSe'20 (Löffler et al. "
    "2020, Sekuboyina et al. 2021) and CT Colonography (The Cancer Imaging Archive). VID's Pancreas-CT was not used"
)


def main() -> None:
    """Print the means and standard deviations; with `--write`, replace the package's table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vid", type=Path)
    parser.add_argument("--write", action="store_true", help="replace the table in dataset_conversion/phantom")
    arguments = parser.parse_args()
    scans = [scan for scan in read_scans(arguments.vid) if scan.source != PANCREAS and scan.is_regular]
    content = derive(scans)
    if arguments.write:
        write_json(Path(measured_steps.__file__).with_name(measured_steps.TABLE_FILE), content)
    deviations = np.sqrt([row[-1] for row in content["covariance"]])
    sys.stdout.write("step: spacing mm, sd of its logarithm; tilt, sd; sd of the lateral angle (degrees)\n")
    lateral = np.sqrt([row[-1] for row in content["lateral_covariance"]])
    for number, level in enumerate(STEP_LEVELS[:-1]):
        spacing, tilt = content["spacing_mm"][number], content["tilt_degrees"][number]
        log_sd, tilt_sd = deviations[number], np.degrees(deviations[STEPS + number])
        sys.stdout.write(f"{level}: {spacing:.1f} {log_sd:.3f}; {tilt:.1f} {tilt_sd:.1f}; ")
        sys.stdout.write(f"{np.degrees(lateral[number]):.1f}\n")


def derive(scans: list[Scan]) -> dict[str, Any]:
    """The table of some scans, in a form for JSON."""
    matrix, lateral = step_matrix(scans)
    verse = np.array([scan.source == VERSE for scan in scans])
    copies = np.repeat(np.arange(len(scans)), np.where(verse, round(np.mean(~verse) / np.mean(verse)), 1))
    mean, covariance = fit_normal(matrix[copies], SHRINKAGE)
    # A spine and its mirror image are equally likely, so that the mean is 0.
    _, mirrored = fit_normal(np.concatenate([lateral[copies], -lateral[copies]]), SHRINKAGE)
    return {
        "source": SOURCE,
        "licence": "CC BY-SA 4.0",
        "made_by": "python -m benchmarks.spines VID --write",
        "n": {"scans": len(scans), "scans_by_source": dict(Counter(scan.source for scan in scans))},
        "levels": list(STEP_LEVELS),
        "spacing_mm": [round(float(value), 3) for value in np.exp(mean[:STEPS])],
        "tilt_degrees": [round(float(value), 3) for value in np.degrees(mean[STEPS:])],
        "covariance": lower_triangle(covariance),
        "lateral_covariance": lower_triangle(mirrored),
    }


def step_matrix(scans: list[Scan]) -> tuple[FloatArray, FloatArray]:
    """Log spacings and tilts (scans, 2 x steps), and lateral angles (scans, steps); NaN where a level is missing."""
    matrix, lateral = np.full((len(scans), 2 * STEPS), np.nan), np.full((len(scans), STEPS), np.nan)
    for row, angles, scan in zip(matrix, lateral, scans, strict=True):
        steps = Steps.of(scan.points)
        for place, (upper, lower) in enumerate(zip(scan.levels[:-1], scan.levels[1:], strict=True)):
            if upper in STEP_LEVELS[:-1] and lower == STEP_LEVELS[STEP_LEVELS.index(upper) + 1]:
                number = STEP_LEVELS.index(upper)
                row[number], row[STEPS + number] = steps.log_spacing[place], steps.tilt[place]
                angles[number] = steps.lateral[place]
    outlying = np.abs(matrix[:, :STEPS] - np.nanmedian(matrix[:, :STEPS], axis=0)) > LONGEST_DEVIATION
    matrix[np.tile(outlying, 2)] = np.nan
    lateral[outlying] = np.nan
    return matrix, lateral


def lower_triangle(matrix: FloatArray) -> list[list[float]]:
    """The rows of a symmetric matrix up to its diagonal."""
    return [[float(f"{value:.{DIGITS}g}") for value in row[: count + 1]] for count, row in enumerate(matrix)]


if __name__ == "__main__":
    main()

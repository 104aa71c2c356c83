"""Bends of the real spines of VID, and the vertebrae that chains of simulated peaks lose and add at their ends.

python -m benchmarks.bends VID [--chains N]

VID is the folder that `benchmarks.naming` reads, with the same halves of patients. The bends are those of the
derivation half, from which those in `LocalisationSettings` come. The chains are those of the other half.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.naming.vid import COLONOGRAPHY, VERSE, Scan, read_scans
from dataset_conversion.spine.geometry import FloatArray
from evaluation.localisation.chain import best_chain
from evaluation.localisation.matching import distances
from evaluation.localisation.peaks import Peaks
from evaluation.localisation.settings import DEFAULT_SETTINGS

ERROR_MM = 1.5
"""Standard deviation per axis of a peak about the true centre."""
LARGEST_LATERAL_BEND = 20.0
"""Degrees. VID's points of a spine with a larger one usually zigzag by 10 mm and more from side to side, unlike spines;
L5 of VerSe 014 lies 13 mm beside VerSe's own centroid."""
TRUE_HEIGHTS = (0.31, 0.60, 0.68, 0.74, 0.77, 0.79, 0.84, 0.87, 0.88, 0.91, 0.96)
FALSE_HEIGHTS = (0.05, 0.07, 0.10, 0.14, 0.20, 0.29, 0.37, 0.46, 0.57, 0.70, 0.97)
"""Deciles of the heights of peaks at vertebrae and elsewhere, in the maps of phantoms."""
LEAST_APART = 9.0
"""mm between two peaks of a smoothed map."""
FOUND_MM = 10.0
SURROUNDINGS_MM = np.array([100.0, 100.0, 60.0])
"""How far from the spine false peaks are scattered."""
HEADER = (
    "| | spines | centres found | spines that lose an end | false per spine, in the span | beyond |\n"
    "|---|---|---|---|---|---|"
)
STRONG_BEND = 27.0
"""Degrees in the sagittal plane, to the back."""


@dataclass(frozen=True)
class Clutter:
    """Simulated errors of a network.

    Attributes:
        missed: Share of the vertebrae without a peak.
        per_litre: False peaks within 100 mm of the spine.
        beside: Share of the discs, those beyond the ends included, and of the posterior elements with a peak.
    """

    missed: float
    per_litre: float
    beside: float


KINDS = {"few false peaks": Clutter(0.05, 1.0, 0.15), "many": Clutter(0.05, 5.0, 0.15), "most": Clutter(0.05, 8.0, 0.3)}


def bends(points: FloatArray) -> FloatArray:
    """Sagittal (to the back) and lateral bends (2, n) in degrees from each step to the next."""
    step = np.diff(points, axis=0)
    step /= np.linalg.norm(step, axis=1, keepdims=True)
    return np.diff(np.degrees([np.arctan2(step[:, 1], -step[:, 2]), np.arcsin(step[:, 0])]), axis=1)


def has_bends(scan: Scan) -> bool:
    """Whether a scan has three vertebrae at different places."""
    return len(scan.levels) > 2 and bool(np.linalg.norm(np.diff(scan.points, axis=0), axis=1).min() > 0)


def is_plausible(scan: Scan) -> bool:
    """Whether no lateral bend of a spine is explained better by points beside it."""
    return bool(abs(bends(scan.points)[1]).max() < LARGEST_LATERAL_BEND)


def is_bent(scan: Scan) -> bool:
    """Whether a spine bends strongly to the back, and little to the side, at the second centre or the last but one."""
    sagittal, lateral = bends(scan.points)[:, [0, -1]]
    return bool(sagittal.max() > STRONG_BEND and abs(lateral).max() < LARGEST_LATERAL_BEND)


def bend_rows(scans: Sequence[Scan], generator: np.random.Generator) -> list[str]:
    """Rows in Markdown: mean and deviation of the bends, of exact centres and of peaks."""
    rows = []
    for label, error in (("exact", 0.0), ("peaks", ERROR_MM)):
        of_scans = [bends(scan.points + generator.normal(0, 1, scan.points.shape) * error) for scan in scans]
        for place, part in (("all", slice(None)), ("first", slice(0, 1)), ("last", slice(-1, None))):
            sagittal, lateral = np.concatenate([one[:, part] for one in of_scans], axis=1)
            low, high = np.percentile(sagittal, [1, 99])
            rows.append(
                f"| {label}, {place} | {len(sagittal)} | {sagittal.mean():.1f} | {sagittal.std():.1f} | "
                f"{low:.0f} to {high:.0f} | {lateral.std():.1f} |"
            )
    return rows


def simulate_peaks(points: FloatArray, clutter: Clutter, generator: np.random.Generator) -> Peaks:
    """Peaks that a network could have in a spine, with misses and false ones."""
    kept = points[generator.random(len(points)) >= clutter.missed]
    low, high = points.min(axis=0) - SURROUNDINGS_MM, points.max(axis=0) + SURROUNDINGS_MM
    scattered = generator.uniform(low, high, (generator.poisson(clutter.per_litre * np.prod(high - low) / 1e6), 3))
    longer = np.stack([2 * points[0] - points[1], *points, 2 * points[-1] - points[-2]])
    discs = (longer[:-1] + longer[1:]) / 2 + generator.normal(0, [4, 8, 3], (len(longer) - 1, 3))
    posterior = np.add(points, [0, 30, 0]) + generator.normal(0, [20, 5, 6], points.shape)
    beside = np.concatenate([discs, posterior])
    false = np.append(scattered, beside[generator.random(len(beside)) < clutter.beside], axis=0)
    position = np.concatenate([kept + generator.normal(0, ERROR_MM, kept.shape), false])
    height = np.concatenate(
        [_heights(TRUE_HEIGHTS, len(kept), generator), _heights(FALSE_HEIGHTS, len(false), generator)]
    )
    chosen: list[int] = []
    for number in np.argsort(-height).tolist():
        if not chosen or distances(position[[number]], position[chosen]).min() >= LEAST_APART:
            chosen.append(number)
    chosen.sort(key=lambda number: -position[number, 2])
    return Peaks(position[chosen], height[chosen])


def _heights(deciles: Sequence[float], count: int, generator: np.random.Generator) -> FloatArray:
    return np.interp(generator.random(count), np.linspace(0, 1, len(deciles)), deciles)


def chain_row(label: str, scans: Sequence[Scan], clutter: Clutter, chains: int, seed: int) -> str:
    """One row in Markdown. An end is lost if it and its neighbour have a peak, and the chain leaves it out."""
    generator = np.random.default_rng(seed)
    found = total = lost = inside = beyond = 0
    for number in generator.choice(len(scans), chains):
        points = scans[number].points
        peaks = simulate_peaks(points, clutter, generator)
        chain = peaks.position[[link.peak for link in best_chain(peaks, DEFAULT_SETTINGS)]].reshape(-1, 3)
        apart = distances(chain, points)
        is_found = np.any(apart <= FOUND_MM, axis=1)
        has_peak = np.any(distances(peaks.position, points) <= FOUND_MM, axis=1)
        lost += any(has_peak[end].all() and not is_found[end[0]] for end in ([0, 1], [-1, -2]))
        false = ~np.any(apart <= FOUND_MM, axis=0)
        in_span = (chain[:, 2] < points[:, 2].max()) & (chain[:, 2] > points[:, 2].min())
        found, total = found + is_found.sum(), total + len(points)
        inside, beyond = inside + (false & in_span).sum(), beyond + (false & ~in_span).sum()
    shares = f"{found / total:.1%} | {lost / chains:.1%} | {inside / chains:.2f} | {beyond / chains:.2f}"
    return f"| {label} | {chains} | {shares} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vid", type=Path)
    parser.add_argument("--chains", type=int, default=300, help="chains per row (default: 300)")
    arguments = parser.parse_args()
    everything = [scan for scan in read_scans(arguments.vid) if has_bends(scan)]
    describe_bends([scan for scan in everything if is_plausible(scan) and scan.derives])
    describe_chains([scan for scan in everything if scan.measures], arguments.chains)


def describe_bends(scans: Sequence[Scan]) -> None:
    """Print the bends of each source."""
    generator = np.random.default_rng(0)
    header = "| bends | | mean sagittal | deviation | 1 to 99% | deviation lateral |"
    for source in (VERSE, COLONOGRAPHY):
        say("", f"{source}, derivation half", "", header, "|---|---|---|---|---|---|")
        say(*bend_rows([scan for scan in scans if scan.source == source], generator))


def describe_chains(scans: Sequence[Scan], chains: int) -> None:
    """Print how chains through simulated peaks do, for each source and for spines with a strong bend."""
    say("", "Other half", "", HEADER)
    for source in (VERSE, COLONOGRAPHY):
        measured = [scan for scan in scans if is_plausible(scan) and scan.source == source]
        for kind, clutter in KINDS.items():
            say(chain_row(f"{source}, {kind}", measured, clutter, chains, seed=1))
    bent = [scan for scan in scans if scan.source == VERSE and is_bent(scan)]
    label = f"{VERSE}, few false peaks, {len(bent)} spines with a strong bend"
    say(chain_row(label, bent, KINDS["few false peaks"], chains, seed=1))


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

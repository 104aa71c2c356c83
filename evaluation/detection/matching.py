"""One-to-one matching of findings and fractured vertebrae."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from evaluation.patient.rule import Finding
from evaluation.statistics.roc import BoolArray


def distances(findings: Sequence[Finding], centroids: Sequence[tuple[float, float, float]]) -> FloatArray:
    """Distance in mm from each finding's centre to each centroid, (findings, centroids)."""
    centres = np.array([finding.centre for finding in findings]).reshape(-1, 1, 3)
    apart: FloatArray = np.linalg.norm(centres - np.array(centroids).reshape(1, -1, 3), axis=2)
    return apart


def first_hits(reach: BoolArray) -> BoolArray:
    """Which findings hit a fractured vertebra, if each vertebra matches one finding and each finding one vertebra.

    A finding is a hit if it increases the number of vertebrae found by the findings before it. With findings in
    descending order of score, the number of hits above any threshold equals the size of the best matching of the
    findings above that threshold. One pass therefore gives the whole FROC curve (maximum matching by augmenting paths).

    Args:
        reach: (findings, fractured vertebrae), whether the finding lies at the vertebra; findings in descending order
            of score.

    Returns:
        (findings,), whether each is a hit.
    """
    hits = np.zeros(len(reach), dtype=bool)
    near = np.flatnonzero(reach.any(axis=1))
    sizes = [_matched(reach[near[: count + 1]]) for count in range(len(near))]
    hits[near] = np.diff(sizes, prepend=0) > 0
    return hits


def _matched(reach: BoolArray) -> int:
    """Size of the largest one-to-one matching."""
    from scipy import sparse
    from scipy.sparse import csgraph

    return int(np.sum(csgraph.maximum_bipartite_matching(sparse.csr_array(reach)) >= 0))

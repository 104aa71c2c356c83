"""Findings and fractured vertebrae paired one to one."""

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
    """Which findings hit a fractured vertebra when each vertebra takes one finding and each finding one vertebra.

    A finding is a hit when it lets one more vertebra be found than the findings before it. In falling order of score
    the hits above any threshold are then as many as the best pairing of the findings above that threshold has, so the
    whole FROC curve comes from one pass (maximum matching grown by augmenting paths).

    Args:
        reach: (findings, fractured vertebrae), whether the finding lies at the vertebra; findings in falling order.

    Returns:
        (findings,), whether each is a hit.
    """
    hits = np.zeros(len(reach), dtype=bool)
    near = np.flatnonzero(reach.any(axis=1))
    sizes = [_matched(reach[near[: count + 1]]) for count in range(len(near))]
    hits[near] = np.diff(sizes, prepend=0) > 0
    return hits


def _matched(reach: BoolArray) -> int:
    """Size of the largest one-to-one pairing."""
    from scipy import sparse
    from scipy.sparse import csgraph

    return int(np.sum(csgraph.maximum_bipartite_matching(sparse.csr_array(reach)) >= 0))

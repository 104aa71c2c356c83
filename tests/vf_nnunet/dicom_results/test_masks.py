"""Findings and spheres on the frames of the source."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.geometry import FloatArray
from evaluation.maps.probability_map import ProbabilityMap
from evaluation.patient.rule import label_findings
from tests.vf_nnunet.dicom_results.series import axes, ct_slices, points_in
from vf_nnunet.dicom_results.masks import FrameLabels, findings_on_frames, spheres
from vf_nnunet.dicom_results.source import SourceSeries

KINDS = ("axial", "oblique", "from the head down", "negated", "mirrored", "sagittal", "tilted")
SOURCES = {kind: SourceSeries(tuple(ct_slices(kind))) for kind in KINDS}


def centre_of(source: SourceSeries, drawn: FrameLabels, label: int) -> FloatArray:
    """The mean place of a segment's pixels by the position of each frame, LPS mm."""
    points = []
    for number, image in zip(drawn.frames, drawn.labels, strict=True):
        frame = source.frames[number]
        rows, columns = np.nonzero(image == label)
        points.append(frame.origin + columns[:, None] * frame.steps[0] + rows[:, None] * frame.steps[1])
    return np.asarray(np.concatenate(points).mean(axis=0))


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    places=st.tuples(st.floats(10, 25), st.floats(10, 29), st.floats(5, 9), st.floats(14, 18)),
)
def test_spheres_lie_at_the_centres(kind: str, places: tuple[float, float, float, float]) -> None:
    x, y, upper, lower = places
    centres = points_in(axes(kind), [(x, y, upper), (y - 3, x, lower)])
    drawn = spheres(SOURCES[kind], centres)
    for label, centre in enumerate(centres, start=1):
        np.testing.assert_allclose(centre_of(SOURCES[kind], drawn, label), centre, atol=0.5)


def test_spheres_of_close_centres_do_not_overlap() -> None:
    centres = points_in(axes("axial"), [(18, 20, 8), (18, 20, 11)])
    drawn = spheres(SOURCES["axial"], centres)
    first, second = (int((drawn.labels == label).sum()) for label in (1, 2))
    assert first == second > 50


@pytest.mark.parametrize("place", [(18.3, 20.2, 7.5), (-4.0, 60.0, 3.0)])
def test_each_centre_has_at_least_a_voxel(place: tuple[float, float, float]) -> None:
    """Between two slices, and outside them."""
    drawn = spheres(SOURCES["axial"], points_in(axes("axial"), [place]), radius=0.4)
    assert drawn.labels.sum() == 1
    assert drawn.labels.shape == (1, 40, 36)


@pytest.mark.parametrize("kind", KINDS)
def test_findings_are_those_of_the_map(kind: str) -> None:
    """An ellipsoid and a ball, both in the volume that the slices of 3 mm sample."""
    centres = points_in(axes(kind), [(14, 16, 6), (22, 24, 16)])
    low = np.floor(centres.min(axis=0)) - 20
    shape = tuple((np.ceil(centres.max(axis=0)) + 20 - low).astype(int)[::-1])
    affine = np.eye(4)
    affine[:3, 3] = low
    points = np.moveaxis(np.indices(shape)[::-1], 0, -1) + low
    probability = np.zeros(shape, np.float32)
    probability[np.linalg.norm((points - centres[0]) / [6, 8, 10], axis=-1) < 1] = 0.7
    probability[np.linalg.norm(points - centres[1], axis=-1) < 7] = 0.9
    found = label_findings(ProbabilityMap.from_probability(probability, affine), 0.5, 20)
    drawn = findings_on_frames(SOURCES[kind], found, affine)
    voxel = abs(float(np.linalg.det(axes(kind)[:3, :3])))
    for label, centre in ((1, centres[1]), (2, centres[0])):
        finding = found.findings[label - 1]
        np.testing.assert_allclose(centre_of(SOURCES[kind], drawn, label), centre, atol=0.6)
        assert (drawn.labels == label).sum() * voxel == pytest.approx(finding.volume_mm3, rel=0.1)


def test_a_finding_between_slices_has_a_voxel() -> None:
    centre = points_in(axes("axial"), [(18, 20, 8.5)])[0]
    affine = np.eye(4)
    affine[:3, 3] = np.floor(centre) - 3
    probability = np.zeros((6, 6, 6), np.float32)
    probability[3, 3, 3] = 1
    found = label_findings(ProbabilityMap.from_probability(probability, affine), 0.5, 1)
    drawn = findings_on_frames(SOURCES["axial"], found, affine)
    assert drawn.labels.sum() == 1

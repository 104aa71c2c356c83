"""Segments drawn by class."""

from collections import Counter
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from batchgenerators.dataloading.multi_threaded_augmenter import MultiThreadedAugmenter
from hypothesis import given
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from vf_nnunet.network.reflection import reflected_indices
from vf_nnunet.training.augmentation import no_transforms, training_transforms
from vf_nnunet.training.sampling import NearVertebrae, SegmentLoader, Shares, label_shares, systematic_sample
from vf_nnunet.training.segments import SegmentGeometry
from vf_nnunet.training.settings import TrainingSettings

CONTEXT = (2, 2, 2)
SIZE = (9, 9, 9)
NORMAL, FRACTURE, IGNORE = 1, 2, 3

shares_of_classes = st.lists(st.floats(0.05, 20), min_size=1, max_size=5)
offsets = st.floats(0, 1, exclude_max=True)


class Labels:
    """The part of nnU-Net's label manager that the loader uses."""

    foreground_labels: ClassVar[list[int]] = [NORMAL, FRACTURE]
    all_labels: ClassVar[list[int]] = [0, NORMAL, FRACTURE]
    has_ignore_label = False


class Cases:
    """Three cases in memory, as nnU-Net's dataset gives them; the image's values are the labels."""

    def __init__(self, volumes: dict[str, np.ndarray]) -> None:
        self.volumes = volumes
        self.identifiers = sorted(volumes)

    def load_case(self, key: str) -> tuple[np.ndarray, np.ndarray, None, dict[str, Any]]:
        labels = self.volumes[key][None]
        places: dict[int, Any] = {
            label: np.argwhere(labels == label) if (labels == label).any() else [] for label in Labels.foreground_labels
        }
        return labels.astype(np.float32), labels, None, {"class_locations": places}


def volume(*places: tuple[int, int, int, int]) -> np.ndarray:
    """30 x 24 x 20 voxels with single labelled voxels (label, z, y, x)."""
    labels = np.zeros((30, 24, 20), dtype=np.int16)
    for label, z, y, x in places:
        labels[z, y, x] = label
    return labels


def loader(cases: dict[str, np.ndarray], batch_size: int = 6) -> SegmentLoader:
    geometry = SegmentGeometry(SIZE, CONTEXT)
    return SegmentLoader(Cases(cases), batch_size, geometry, Labels(), no_transforms(), [1])


CASES = {
    "a": volume((NORMAL, 15, 12, 10)),
    "b": volume((NORMAL, 10, 10, 10), (FRACTURE, 20, 12, 9)),
    "c": volume((FRACTURE, 15, 12, 10), (IGNORE, 5, 12, 10)),
}


def centre_labels(batch: dict[str, Any]) -> Counter[int]:
    """Label in the middle of each target; the segments of these cases are never moved from their centre's place."""
    (target,) = batch["target"]
    return Counter(int(label) for label in target[:, 0, 2, 2, 2])


def test_shapes_are_nnunets() -> None:
    batch = next(loader(CASES))
    assert batch["data"].shape == (6, 1, *SIZE)
    assert batch["target"][0].shape == (6, 1, 5, 5, 5)
    assert len(batch["keys"]) == 6


def test_classes_have_equal_shares() -> None:
    stream = loader(CASES)
    for _ in range(10):
        counts = centre_labels(next(stream))
        assert (counts[NORMAL], counts[FRACTURE]) == (2, 2)


def test_classes_have_the_shares_that_are_asked_for() -> None:
    """A label that is not named has 1."""
    geometry = SegmentGeometry(SIZE, CONTEXT)
    transforms = no_transforms()
    shares: Shares = {(0,): 0.5, (FRACTURE,): 2.5}
    stream = SegmentLoader(Cases(CASES), 6, geometry, Labels(), transforms, [1], shares)
    counts: Counter[int] = Counter()
    for _ in range(100):
        counts += centre_labels(next(stream))
    assert counts[NORMAL] / counts.total() == pytest.approx(1 / 4, abs=0.02)
    assert counts[FRACTURE] / counts.total() == pytest.approx(2.5 / 4, abs=0.02)


@pytest.mark.parametrize(
    ("occurring", "expected"),
    [
        ([0, 1, 2, 3, 4], [1.0, 2.0, 1.0, 1.0, 1.0]),
        ([0, 1, 2, 4], [1.0, 2.0, 1.5, 1.5]),
        ([0, 1, 4], [1.0, 2.0, 3.0]),
        ([0, 1], [1.0, 2.0]),
        ([0, 7], [1.0, 1.0]),
    ],
)
def test_the_labels_of_a_group_that_occur_share_evenly(occurring: list[int], expected: list[float]) -> None:
    assert label_shares({(0,): 1.0, (1,): 2.0, (2, 3, 4): 3.0}, occurring) == expected


def test_a_group_has_the_share_of_one_class() -> None:
    """Normal and fracture together have the share of background."""
    geometry = SegmentGeometry(SIZE, CONTEXT)
    shares: Shares = {(NORMAL, FRACTURE): 1.0}
    stream = SegmentLoader(Cases(CASES), 4, geometry, Labels(), no_transforms(), [1], shares)
    for _ in range(10):
        counts = centre_labels(next(stream))
        assert (counts[0], counts[NORMAL], counts[FRACTURE]) == (2, 1, 1)


def test_a_missing_class_gives_its_share_to_the_others() -> None:
    counts = centre_labels(next(loader({"a": CASES["a"]})))
    assert counts == {0: 3, NORMAL: 3}


def test_cases_are_drawn_uniformly() -> None:
    """Cases b and c hold the fractures, one with a hundred times the voxels of the other."""
    large = volume(*((FRACTURE, z, y, 10) for z in range(10, 20) for y in range(8, 18)))
    stream = loader({"b": CASES["b"], "c": large}, batch_size=3)
    keys: Counter[str] = Counter()
    for _ in range(200):
        batch = next(stream)
        is_fracture = batch["target"][0][:, 0, 2, 2, 2] == FRACTURE
        keys.update(key for key, chosen in zip(batch["keys"], is_fracture, strict=True) if chosen)
    assert keys["b"] / keys.total() == pytest.approx(0.5, abs=0.1)


def test_the_stream_is_a_function_of_its_seed() -> None:
    def batches(stream: SegmentLoader) -> np.ndarray:
        return np.concatenate([next(stream)["data"] for _ in range(5)])

    geometry, cases = SegmentGeometry(SIZE, CONTEXT), NumberedCases(CASES)
    first, second = (SegmentLoader(cases, 6, geometry, Labels(), no_transforms(), [seed]) for seed in (1, 2))
    expected = batches(first)
    assert not np.array_equal(batches(second), expected)
    assert not np.array_equal(batches(first), expected)
    first.restart()
    np.testing.assert_array_equal(batches(first), expected)


def test_a_stream_continues_at_any_batch() -> None:
    """Augmentation included, and whatever torch has drawn in between, as dropout does."""
    whole, later = augmented(), augmented()
    expected = [next(whole) for _ in range(4)]
    later.restart(2)
    torch.rand(7)
    assert_same_batches([next(later), next(later)], expected[2:])


def test_a_stream_leaves_torchs_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    next(augmented())
    torch.testing.assert_close(torch.rand(3), expected)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # of workers told to stop
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_share_one_stream(workers: int) -> None:
    """Real processes give the batches that one process gives, in its order."""
    alone = augmented()
    together = MultiThreadedAugmenter(augmented(workers), None, workers)
    try:
        assert_same_batches([next(together) for _ in range(5)], [next(alone) for _ in range(5)])
    finally:
        together._finish()


def augmented(workers: int = 1) -> SegmentLoader:
    """A stream with the default augmentation."""
    transforms = training_transforms(TrainingSettings())
    return SegmentLoader(Cases(CASES), 6, SegmentGeometry(SIZE, CONTEXT), Labels(), transforms, [1], workers=workers)


def assert_same_batches(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one["keys"] == other["keys"]
        torch.testing.assert_close(one["data"], other["data"], rtol=0, atol=0)
        torch.testing.assert_close(one["target"], other["target"], rtol=0, atol=0)


def test_held_cases_give_the_same_batches() -> None:
    """As many as fit are held, and nothing that is drawn depends on it."""
    read, held = augmented(), augmented()
    one_case = CASES["a"].nbytes * 3
    held.free_bytes = 2 * one_case
    assert_same_batches([next(held) for _ in range(4)], [next(read) for _ in range(4)])
    assert held.free_bytes == 0
    assert len(held._opened) == 3


def test_cases_without_vertebrae_are_refused() -> None:
    with pytest.raises(InputError, match="cases a, b: no voxel of a vertebra"):
        loader({"a": volume(), "b": volume((IGNORE, 15, 12, 10))})


@pytest.mark.parametrize("place", [(29, 0, 19), (0, 23, 0), (0, 0, 0), (15, 1, 10)])
def test_vertebrae_at_the_border_are_learned(place: tuple[int, int, int]) -> None:
    """The target holds the voxel once: predicted voxels never leave an image that is large enough for them."""
    stream = loader({"a": volume((FRACTURE, *place))})
    assert stream.classes == [0, FRACTURE]
    batch = next(stream)
    (target,) = batch["target"]
    torch.testing.assert_close(batch["data"][:, :, 2:7, 2:7, 2:7], target.float(), rtol=0, atol=0)
    counts = (target == FRACTURE).sum(dim=(1, 2, 3, 4)).tolist()
    assert set(counts) <= {0, 1}
    assert sum(counts) >= 3


def test_background_is_drawn_up_to_the_border() -> None:
    """Voxels of each border are predicted, and each octant of the image about as often."""
    labels = np.zeros((30, 24, 20), dtype=np.int16)
    labels[15, 12, 10] = NORMAL
    geometry = SegmentGeometry(SIZE, CONTEXT)
    stream = SegmentLoader(NumberedCases({"a": labels}), 6, geometry, Labels(), no_transforms(), [1], {(0,): 1e9})
    middles = np.concatenate([next(stream)["data"][:, 0, 4, 4, 4].numpy() for _ in range(100)]).astype(int)
    places = np.transpose(np.unravel_index(middles, labels.shape))
    # The middle of five predicted voxels is at least two from the border.
    np.testing.assert_array_equal(places.min(axis=0), [2, 2, 2])
    np.testing.assert_array_equal(places.max(axis=0), [27, 21, 17])
    octants = (places >= np.array(labels.shape) / 2) @ [1, 2, 4]
    assert np.bincount(octants, minlength=8) / len(octants) == pytest.approx(np.full(8, 1 / 8), abs=0.05)


@pytest.mark.parametrize(("share", "expected"), [(1.0, 1.0), (0.5, 0.5)])
def test_a_share_of_the_background_is_drawn_near_vertebrae(share: float, expected: float) -> None:
    labels = np.zeros((60, 50, 40), dtype=np.int16)
    labels[30, 25, 20] = NORMAL
    geometry = SegmentGeometry(SIZE, CONTEXT)
    near = NearVertebrae(share, distance=6)
    stream = SegmentLoader(NumberedCases({"a": labels}), 6, geometry, Labels(), no_transforms(), [1], {(0,): 1e9}, near)
    middles = np.concatenate([next(stream)["data"][:, 0, 4, 4, 4].numpy() for _ in range(100)]).astype(int)
    distances = np.abs(np.transpose(np.unravel_index(middles, labels.shape)) - [30, 25, 20]).max(axis=1)
    # A cube of 13 voxels is 2% of the image.
    assert (distances <= 6).mean() == pytest.approx(expected, abs=0.07)
    assert distances[distances <= 6].max() == 6


def test_background_near_vertebrae_is_never_a_vertebra_or_ignored() -> None:
    geometry = SegmentGeometry(SIZE, CONTEXT)
    near = NearVertebrae(1.0, distance=1)
    stream = SegmentLoader(Cases(CASES), 6, geometry, Labels(), no_transforms(), [1], {(0,): 1e9}, near)
    assert set(centre_labels(next(stream))) == {0}


class NumberedCases(Cases):
    """Cases whose images hold the index of each voxel."""

    def load_case(self, key: str) -> tuple[np.ndarray, np.ndarray, None, dict[str, Any]]:
        image, labels, nothing, properties = super().load_case(key)
        return np.arange(image.size, dtype=np.float32).reshape(image.shape), labels, nothing, properties


def test_small_images_are_reflected() -> None:
    """Four slices in a segment of nine: its predicted voxels begin with the image, which is mirrored at both ends."""
    labels = np.zeros((4, 24, 20), dtype=np.int16)
    labels[1, 12, 10] = NORMAL
    transforms = no_transforms()
    stream = SegmentLoader(NumberedCases({"a": labels}), 6, SegmentGeometry(SIZE, CONTEXT), Labels(), transforms, [1])
    batch = next(stream)
    z, y, x = np.unravel_index(batch["data"][:, 0].numpy().astype(int), labels.shape)
    assert batch["data"].shape == (6, 1, *SIZE)
    np.testing.assert_array_equal(z[..., 0, 0], [[2, 1, 0, 1, 2, 3, 2, 1, 0]] * 6)
    assert (z == z[..., :1, :1]).all()
    for found, size in ((y[:, 0, :, 0], 24), (x[:, 0, 0, :], 20)):
        possible = [reflected_indices(start, start + 9, size).tolist() for start in range(-2, size - 6)]
        assert all(row in possible for row in found.tolist())


def test_ignored_voxels_are_no_centres_and_stay_in_the_target() -> None:
    stream = loader({"c": CASES["c"]})
    assert IGNORE not in stream.centres
    seen = {int(label) for _ in range(40) for label in np.unique(next(stream)["target"][0])}
    assert IGNORE in seen


@given(shares_of_classes, st.integers(1, 30), offsets)
def test_a_batch_is_within_one_segment_of_its_shares(shares: list[float], batch_size: int, offset: float) -> None:
    counts = Counter(systematic_sample(shares, batch_size, offset))
    assert counts.total() == batch_size
    for place, share in enumerate(shares):
        assert abs(counts[place] - batch_size * share / sum(shares)) < 1 + 1e-6


@pytest.mark.parametrize("batch_size", [1, 3, 5, 24])
@pytest.mark.parametrize("shares", [[1.0, 1.0, 1.0], [0.2, 1.0, 3.0], [1.0, 8.0, 1.0]])
def test_shares_are_met_on_average(shares: list[float], batch_size: int) -> None:
    counts: Counter[int] = Counter()
    for offset in np.linspace(0, 1, 300, endpoint=False):
        counts.update(systematic_sample(shares, batch_size, offset))
    found = [counts[place] / counts.total() for place in range(3)]
    assert found == pytest.approx([share / sum(shares) for share in shares], abs=0.01)

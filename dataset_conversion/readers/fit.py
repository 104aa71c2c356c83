"""How well annotations fit their images, to tell formats apart that look the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.geometry import ImageHeader
from dataset_conversion.spine.vertebra_table import by_case


@dataclass(frozen=True, order=True)
class Fit:
    """Counts over all cases; a better fit compares as greater.

    Attributes:
        inside: Centroids inside their image.
        in_order: Neighbours of which the lower level lies nearer to the feet.
        centroids: Number of centroids.
        neighbours: Number of pairs of consecutive vertebrae.
    """

    inside: int
    in_order: int
    centroids: int
    neighbours: int

    @property
    def is_complete(self) -> bool:
        """Whether all centroids lie in their image and all neighbours are in order."""
        return self.inside == self.centroids and self.in_order == self.neighbours

    def describe(self, name: str) -> str:
        """A clause about the fit of the format `name`."""
        inside = f"{self.inside} of {self.centroids} inside their image"
        in_order = f", {self.in_order} of {self.neighbours} in order down the spine" if self.neighbours else ""
        return f"{name}{' fits' if self.is_complete and self.centroids else ''}: {inside}{in_order}"


def measure_fit(annotations: Annotations, images: Mapping[str, ImageHeader]) -> Fit:
    """Count the centroids that lie in their image and the neighbours that are in order."""
    cases = by_case(annotations.vertebrae)
    points = {case_id: [vertebra.centroid for vertebra in case] for case_id, case in cases.items()}
    points |= {case_id: list(found) for case_id, found in annotations.unnamed.items()}
    neighbours = [pair for case in cases.values() for pair in pairwise(case)]
    return Fit(
        inside=sum(int(images[case_id].contains(found).sum()) for case_id, found in points.items()),
        in_order=sum(lower.z < upper.z for upper, lower in neighbours),
        centroids=sum(map(len, points.values())),
        neighbours=len(neighbours),
    )

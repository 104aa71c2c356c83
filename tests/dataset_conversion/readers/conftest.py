"""Images in any position, with SimpleITK as the judge of where their voxels lie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK
from scipy.spatial.transform import Rotation

from dataset_conversion.readers.interface import Annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader

LEVELS = ("T10", "T11", "T12", "L1", "L2")


@dataclass(frozen=True)
class Drawn:
    """An image, and centroids in it.

    Attributes:
        itk: The image for SimpleITK.
        header: The same image for the readers.
        indices: (n, 3) continuous voxel indices in order (x, y, z), by level.
    """

    itk: SimpleITK.Image
    header: ImageHeader
    indices: dict[str, tuple[float, float, float]]

    def worlds(self) -> dict[str, npt.NDArray[np.float64]]:
        """LPS mm of each level's centroid, by SimpleITK."""
        return {
            level: np.array(self.itk.TransformContinuousIndexToPhysicalPoint(index))
            for level, index in self.indices.items()
        }


def point_of(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Three values as a point."""
    x, y, z = map(float, values)
    return x, y, z


@pytest.fixture(scope="session")
def draw() -> Callable[[int], Drawn]:
    """Makes an image whose axes are oblique, in any order and of either handedness, from a seed."""

    def make(seed: int) -> Drawn:
        random = np.random.default_rng(seed)
        size = random.integers(20, 60, 3)
        # Up to 40 degrees off a signed permutation, so that each axis has a name such as "P".
        turn = Rotation.from_rotvec(random.uniform(-0.4, 0.4, 3)).as_matrix()
        directions = turn @ np.eye(3)[random.permutation(3)] * random.choice([-1, 1], 3)
        itk = SimpleITK.Image(size.tolist(), SimpleITK.sitkUInt8)
        itk.SetDirection(directions.ravel().tolist())
        itk.SetSpacing(random.uniform(0.4, 3.0, 3).tolist())
        itk.SetOrigin(random.uniform(-400, 400, 3).tolist())
        affine = np.eye(4)
        affine[:3, :3] = directions * itk.GetSpacing()
        affine[:3, 3] = itk.GetOrigin()
        x, y, z = (int(length) for length in size)
        header = ImageHeader(Path("a.nii.gz"), (z, y, x), affine)
        indices = {level: point_of(random.uniform(0, size - 1)) for level in LEVELS}
        return Drawn(itk, header, indices)

    return make


@pytest.fixture(scope="session")
def same_places() -> Callable[[Annotations, Drawn], None]:
    """Compares the centroids that were read for case `a` with those in the image, to 1e-6 mm."""

    def compare(found: Annotations, drawn: Drawn) -> None:
        read = {vertebra.vertebra: vertebra.centroid for vertebra in found.vertebrae}
        assert read.keys() == drawn.indices.keys()
        for level, expected in drawn.worlds().items():
            np.testing.assert_allclose(read[level], expected, atol=1e-6, rtol=0, err_msg=level)

    return compare


@pytest.fixture(scope="session")
def problems_of() -> Callable[..., list[str]]:
    """The problems of reading a file, without the file's name at the start of each."""

    def read(
        reader: Callable[[Path, Mapping[str, ImageHeader]], Annotations], path: Path, image: ImageHeader
    ) -> list[str]:
        with pytest.raises(InputError) as caught:
            reader(path, {"a": image})
        assert all(problem.startswith(f"{path}: ") and "expected" in problem for problem in caught.value.problems)
        return [problem.removeprefix(f"{path}: ") for problem in caught.value.problems]

    return read

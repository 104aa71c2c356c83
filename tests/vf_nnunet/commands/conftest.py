"""The maps and the CT of a small spine, as commands find them in folders."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.volume import Volume, write_volume
from evaluation.maps.probability_map import write_probability_map
from tests.vf_nnunet.small_spine import SmallSpine


@pytest.fixture
def maps(spine: SmallSpine, tmp_path: Path) -> Path:
    """The maps of case a as `predict` writes them."""
    folder = tmp_path / "maps"
    folder.mkdir()
    for name, probability in (("fracture", spine.fracture), ("normal", spine.normal)):
        write_probability_map(folder / f"a_{name}.nii.gz", probability, spine.affine)
    return folder


@pytest.fixture
def cts(spine: SmallSpine, tmp_path: Path) -> Path:
    folder = tmp_path / "cts"
    folder.mkdir()
    write_volume(folder / "a.nii.gz", Volume(spine.hounsfield, spine.affine), np.int16)
    return folder

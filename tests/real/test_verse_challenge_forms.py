"""Real centroids in the formats of both challenges: the images determine the format."""

import json
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.readers.registry import read_annotations
from dataset_conversion.spine.errors import InputError

# The stored centroids run along P, I, R; where X, Y and Z of the challenges' forms are found among them.
AXES = {"verse19-miccai": (1, 0, 2), "verse20-miccai": (0, 1, 2)}


@pytest.mark.parametrize("name", AXES)
@pytest.mark.parametrize("subject", ["sub-verse004", "sub-verse014"])
def test_the_form_that_fits_is_named(shared_data: Path, tmp_path: Path, subject: str, name: str) -> None:
    folder = shared_data / "verse" / subject
    image = read_image_header(folder / f"{subject}_seg-vert_msk.nii.gz")
    stated = read_annotations(folder, {subject: image})
    content = json.loads(next(folder.glob("*_ctd.json")).read_text(encoding="utf-8"))[1:]
    depth = image.shape[0]
    entries = []
    for entry in content:
        millimetres = np.array([entry[axis] for axis in "XYZ"]) * image.spacing[::-1]
        if name == "verse19-miccai":
            millimetres[2] = (depth - 1 - entry["Z"]) * image.spacing[0]  # Z runs to the left there
        entries.append({"label": entry["label"], **dict(zip("XYZ", millimetres[list(AXES[name])], strict=True))})
    path = tmp_path / f"{subject}_ctd.json"
    path.write_text(json.dumps(entries))
    found = read_annotations(path, {subject: image}, name)
    for row, expected in zip(found.vertebrae, stated.vertebrae, strict=True):
        np.testing.assert_allclose(row.centroid, expected.centroid, atol=1e-6)
    with pytest.raises(InputError) as caught:
        read_annotations(path, {subject: image})
    (other,) = AXES.keys() - {name}
    message = str(caught.value)
    assert f"{name} fits: {len(entries)} of {len(entries)} inside" in message
    assert f"{other} fits" not in message
    with pytest.raises(InputError, match=f"{name} fits"):
        read_annotations(path, {subject: image}, other)

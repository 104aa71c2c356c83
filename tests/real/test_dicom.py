"""DICOM series from scanners, against other readers."""

import shutil
import subprocess
from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pytest
import SimpleITK
from scipy import ndimage

from dataset_conversion.images.ct import read_ct
from dataset_conversion.images.pairing import list_images
from dataset_conversion.images.registry import read_image
from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import to_lps, world_to_index


def test_a_real_tilted_series_lies_where_its_slices_do(shared_data: Path) -> None:
    """Each slice is read alone by SimpleITK, and compared at its own places in the patient."""
    folder = shared_data / "dicom" / "ge_tilt"
    volume = read_ct(folder)
    assert "sheared by 18.5 degrees (gantry tilt), slices 1.081 to 6.999 mm apart" in str(volume.warnings)
    for number in (5, 14, 20):
        image = SimpleITK.ReadImage(str(folder / f"{number:02d}.dcm"))
        columns, rows = np.meshgrid(np.arange(100, 420, 8), np.arange(100, 420, 8))
        places = [
            image.TransformIndexToPhysicalPoint((int(x), int(y), 0))
            for x, y in zip(columns.ravel(), rows.ravel(), strict=True)
        ]
        found = ndimage.map_coordinates(volume.array.astype(float), volume.world_to_index(places).T, order=1)
        stored = np.maximum(SimpleITK.GetArrayFromImage(image)[0][rows, columns].ravel(), -1024)
        assert np.corrcoef(found, stored)[0, 1] > 0.999
        assert np.median(np.abs(found - stored)) < 3


@pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="needs dcm2niix (Debian's package)")
def test_a_real_tilted_series_lies_where_dcm2niix_puts_it(shared_data: Path, tmp_path: Path) -> None:
    """The part of the series with even distances: dcm2niix gives the rest axes that are not at right angles."""
    folder = tmp_path / "even"
    folder.mkdir()
    for number in range(1, 15):
        (folder / f"{number:02d}.dcm").symlink_to(shared_data / "dicom" / "ge_tilt" / f"{number:02d}.dcm")
    subprocess.run(
        ["dcm2niix", "-b", "n", "-z", "n", "-o", tmp_path, "-f", "x", folder], check=True, capture_output=True
    )
    image = nibabel.load(tmp_path / "x_Tilt_1.nii")
    volume = read_ct(folder)
    indices = np.random.default_rng(0).uniform([1, 150, 100], [12, 450, 400], (20000, 3))
    points = volume.index_to_world(indices)
    ours = ndimage.map_coordinates(volume.array.astype(float), indices.T, order=1)
    theirs = ndimage.map_coordinates(
        np.asarray(image.dataobj).T.astype(float), world_to_index(to_lps(image.affine), points).T, order=1
    )
    inside = (theirs > -1000) & (ours > -1000)
    assert np.corrcoef(ours[inside], theirs[inside])[0, 1] > 0.999
    assert np.median(np.abs(ours - theirs)[inside]) < 3


def test_a_real_enhanced_image_lies_where_highdicom_puts_it(shared_data: Path, tmp_path: Path) -> None:
    """It is a map of perfusion, which is passed over unless it is named, and then no CT by its RescaleType."""
    path = shared_data / "dicom" / "eCT_Supplemental.dcm"
    (tmp_path / "ct").mkdir()
    (tmp_path / "ct" / path.name).symlink_to(path)
    with pytest.raises(InputError, match=r"computed from other images \(PERFUSION, RCBF\)"):
        read_ct(tmp_path / "ct")
    oracle = highdicom.imread(path).get_volume()
    (source,) = list_images(tmp_path, DicomSelection(series=(str(highdicom.imread(path).SeriesInstanceUID),))).case_ids
    header, array = read_image(source)
    assert header.shape == (2, 512, 512)
    assert "RescaleType US; expected HU: read as HU" in str(header.warnings)
    for slice_, row, column in np.random.default_rng(0).integers(0, (2, 512, 512), (200, 3)):
        point = (oracle.affine @ [slice_, row, column, 1])[:3]
        z, y, x = np.rint(header.world_to_index(point)[0]).astype(int)
        assert array[z, y, x] == oracle.array[slice_, row, column]

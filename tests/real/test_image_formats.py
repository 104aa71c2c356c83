"""Real CTs, rewritten by SimpleITK, are the same volumes whatever the file."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from dataset_conversion.images.volume import read_volume, to_canonical

SOURCES = ("verse/sub-verse014/sub-verse014_ct.nii.gz", "totalsegmentator/example_ct.nii.gz")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", ["ct.nrrd", "ct.mha", "ct.mhd"])
def test_a_real_ct_is_the_same_in_every_file(shared_data: Path, tmp_path: Path, source: str, name: str) -> None:
    path = shared_data / source
    # ITK reads the NIfTI file by itself here, so its geometry is a second opinion on ours.
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(path)), str(tmp_path / name))
    expected, found = to_canonical(read_volume(path)), to_canonical(read_volume(tmp_path / name))
    np.testing.assert_array_equal(found.array, expected.array)
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in expected.array.shape])).reshape(3, -1).T
    np.testing.assert_allclose(found.index_to_world(corners), expected.index_to_world(corners), atol=1e-4)


@pytest.mark.parametrize("source", SOURCES)
def test_a_real_ct_is_the_same_as_a_dicom_series(shared_data: Path, tmp_path: Path, source: str) -> None:
    path = shared_data / source
    image = SimpleITK.ReadImage(str(path))
    write_series(tmp_path / "series", image)
    expected, found = to_canonical(read_volume(path)), to_canonical(read_volume(tmp_path / "series"))
    np.testing.assert_array_equal(found.array, np.rint(expected.array))
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in expected.array.shape])).reshape(3, -1).T
    np.testing.assert_allclose(found.index_to_world(corners), expected.index_to_world(corners), atol=1e-4)


def write_series(folder: Path, image: SimpleITK.Image) -> None:
    """Slices as SimpleITK's own DICOM writer makes them."""
    folder.mkdir()
    array = np.rint(SimpleITK.GetArrayFromImage(image)).astype(np.int16)
    writer = SimpleITK.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    directions = np.array(image.GetDirection()).reshape(3, 3)
    orientation = "\\".join(f"{value:.12g}" for value in (*directions[:, 0], *directions[:, 1]))
    for number, rows in enumerate(array):
        sheet = SimpleITK.GetImageFromArray(rows)
        sheet.SetSpacing(image.GetSpacing()[:2])
        position = image.TransformIndexToPhysicalPoint((0, 0, number))
        sheet.SetMetaData("0008|0060", "CT")
        sheet.SetMetaData("0020|000e", "1.2.826.0.1.3680043.2.1125.1")
        sheet.SetMetaData("0020|0032", "\\".join(f"{value:.10g}" for value in position))
        sheet.SetMetaData("0020|0037", orientation)
        writer.SetFileName(str(folder / f"{number:04d}.dcm"))
        writer.Execute(sheet)

"""Volumes come back from the store as they were, once."""

from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images import stored_volumes
from dataset_conversion.images.stored_volumes import store_volume, take_volume
from dataset_conversion.images.volume import Volume

VOLUME = Volume(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.diag([1.0, 2.0, 3.0, 1.0]), ("a warning",))
SOURCE = Path("images/a.nii.gz")


def test_a_volume_is_taken_once(tmp_path: Path) -> None:
    store_volume(tmp_path, SOURCE, VOLUME)
    assert take_volume(tmp_path, Path("images/b.nii.gz")) is None
    found = take_volume(tmp_path, SOURCE)
    assert found is not None
    assert found.array.dtype == np.int16
    np.testing.assert_array_equal(found.array, VOLUME.array)
    np.testing.assert_array_equal(found.affine, VOLUME.affine)
    assert take_volume(tmp_path, SOURCE) is None


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The volume is read again; nothing half-written is taken for it."""

    def fail(path: Path, array: np.ndarray) -> None:
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", fail)
        store_volume(tmp_path, SOURCE, VOLUME)
    assert take_volume(tmp_path, SOURCE) is None
    monkeypatch.setattr(stored_volumes, "LEAST_FREE", 1 << 60)
    store_volume(tmp_path, SOURCE, VOLUME)
    assert take_volume(tmp_path, SOURCE) is None

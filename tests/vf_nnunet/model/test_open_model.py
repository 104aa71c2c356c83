"""A model is opened from a folder or a file."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.models import tiny_model
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.model.open_model import open_model


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """Two folds."""
    write_model_file(tmp_path / "model.vf", tiny_model())
    return tmp_path / "model.vf"


def test_folder_and_file_have_the_same_weights(untrained_model: Path, tmp_path: Path) -> None:
    folder = open_model(untrained_model)
    write_model_file(tmp_path / "model.vf", folder)
    file = open_model(tmp_path / "model.vf")
    assert file.ensemble.folds == folder.ensemble.folds
    np.testing.assert_array_equal(
        file.ensemble.weights[0].normal[3].weight, folder.ensemble.weights[0].normal[3].weight
    )


def test_some_folds_of_a_file(model_file: Path) -> None:
    model = open_model(model_file, ["1"])
    assert model.card.folds == ("1",)
    with pytest.raises(InputError, match=r"model\.vf: no fold 4; it has 0, 1"):
        open_model(model_file, ["0", "4"])


def test_no_model_at_the_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder; expected nnUNet_results"):
        open_model(tmp_path / "nowhere.vf")


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("Dataset001/nnUNetTrainerVF__nnUNetVFPlans__3d_fullres/plans.json", "run nnUNetv2_install_pretrained_model"),
        ("archive/data.pkl", "a checkpoint of PyTorch: give the model's folder"),
        ("notes.txt", "a zip archive without a model"),
    ],
)
def test_a_complete_zip_is_not_called_incomplete(tmp_path: Path, member: str, words: str) -> None:
    path = tmp_path / "model.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr(member, "{}")
    with pytest.raises(InputError) as caught:
        open_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "complete file" not in message

"""The columns and notes of the whole benchmark."""

from pathlib import Path

import pytest

from tests.vf_nnunet.benchmark.conftest import DATASET_ID, Commands, Dataset
from tests.vf_nnunet.screening.conftest import save_ct
from vf_nnunet.benchmark.arms import Arm, own_arm
from vf_nnunet.benchmark.cost.measured_process import MEMORY_NOTE
from vf_nnunet.benchmark.default_nnunet import default_arm
from vf_nnunet.benchmark.full import BenchmarkInputs, _predictions, notes_on
from vf_nnunet.benchmark.length import Length


@pytest.fixture
def arms(dataset: Dataset) -> dict[str, Arm]:
    default = default_arm(DATASET_ID, dataset.preprocessed / "nnUNetPlans.json", Length(1, 2))
    return {"vf_nnunet": own_arm(DATASET_ID, "3d_fullres", 3, 10), "nnU-Net": default}


def test_every_computation_is_a_column(
    arms: dict[str, Arm], commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nnU-Net as it is shipped is run twice: without mirroring and with it."""
    import numpy as np

    monkeypatch.setattr("vf_nnunet.network.device.has_cpu_bfloat16", lambda: True)
    ct = save_ct(tmp_path / "ct.nii.gz", np.random.default_rng(0).integers(-900, 900, (50, 50, 50)).astype(np.int16))
    inputs = BenchmarkInputs([1], tmp_path / "vertebrae.csv", None, ct, "cpu", 1, tmp_path / "out")
    columns = {name: list(_predictions(name, arm, inputs)) for name, arm in arms.items()}
    assert columns == {
        "vf_nnunet": ["vf_nnunet", "vf_nnunet, torch bfloat16", "vf_nnunet, torch float32"],
        "nnU-Net": ["nnU-Net", "nnU-Net, torch bfloat16", "nnU-Net, OpenVINO bfloat16"],
    }
    assert [command[0] for command in commands.run].count("nnUNetv2_predict") == 2
    assert len(commands.run) == 7


def test_the_notes_name_lengths_and_how_memory_is_measured(arms: dict[str, Arm]) -> None:
    notes = notes_on(arms, {})
    assert "vf_nnunet 3 epochs of 10 batches, nnU-Net 1 epochs of 2 batches; nnU-Net's own is 1000 of 250" in notes[0]
    assert MEMORY_NOTE in notes
    assert not any("height rule" in note for note in notes)

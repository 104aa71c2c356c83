"""nnUNetv2_train shows bad input as lines, without a traceback."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset_conversion.spine.errors import InputError
from tests.vf_nnunet.tiny_training import CONFIGURATION, DATA, NAME, NotFinite, TinyDataset, write_case
from vf_nnunet.nnunet.names import PLANS, TRAINER, model_folder_name
from vf_nnunet.nnunet.paths import nnunet_command, trainer_environment


def test_the_hook_is_set_where_the_trainer_is_constructed(
    tiny_dataset: TinyDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    with pytest.raises(InputError, match="no fold 7"):
        tiny_dataset.trainer(fold=7)
    assert sys.excepthook is not sys.__excepthook__


def write_non_finite_images(dataset: TinyDataset) -> None:
    for number in range(4):
        write_case(dataset.preprocessed / DATA / f"case_{number}", NotFinite())


def truncate_checkpoint(dataset: TinyDataset) -> None:
    fold = dataset.results / model_folder_name(CONFIGURATION) / "fold_0"
    fold.mkdir(parents=True)
    (fold / "checkpoint_latest.pth").write_bytes(b"PK\x03\x04" + bytes(1000))


@pytest.mark.parametrize(
    ("damage", "fold", "options", "line"),
    [
        (lambda _: None, "7", (), "no fold 7; it has folds 0 to 0"),
        (write_non_finite_images, "0", (), "the loss became nan in epoch 0 on cases? .*is not finite"),
        (truncate_checkpoint, "0", ("--c",), r"checkpoint_latest\.pth: cannot be read as a checkpoint"),
    ],
    ids=["unknown fold", "loss not finite", "damaged checkpoint"],
)
def test_nnunets_training_command(
    tiny_dataset: TinyDataset,
    damage: Callable[[TinyDataset], None],
    fold: str,
    options: tuple[str, ...],
    line: str,
) -> None:
    damage(tiny_dataset)
    command = [nnunet_command("nnUNetv2_train"), NAME, CONFIGURATION, fold, "-tr", TRAINER, "-p", PLANS]
    result = subprocess.run(
        [*command, "-device", "cpu", *options],
        env=trainer_environment(os.environ),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    (shown,) = [text for text in result.stderr.splitlines() if text.startswith("nnUNetv2_train: ")]
    assert re.search(line, shown)
    assert not list(Path(tiny_dataset.results).glob("*/fold_0/checkpoint_final.pth"))

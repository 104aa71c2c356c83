"""nnU-Net's folders for the comparison, separate from those of the cross-validation.

nnU-Net identifies folds by number. In folders of its own, whose `splits_final.json` has a single fold, the comparison
needs neither a sixth fold, which every other command would have to leave out, nor a special case in the trainer.
"""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import atomic_folder, write_json
from vf_nnunet.nnunet.dataset_record import RECORD_FILE
from vf_nnunet.nnunet.names import DEFAULT_CONFIGURATION, PLANS, model_folder_name
from vf_nnunet.nnunet.splits import INNER_SPLITS_FILE, SPLITS_FILE, Split

PLANS_FILE = f"{PLANS}.json"
COPIED_FILES = ("dataset.json", "dataset_fingerprint.json")
REFERENCES = "gt_segmentations"


@dataclass(frozen=True)
class Workspace:
    """The folders in which the configurations are trained.

    Attributes:
        root: Folder that contains nnU-Net's folders.
        dataset: `DatasetXXX_NAME`.
    """

    root: Path
    dataset: str

    @property
    def variables(self) -> dict[str, str]:
        """nnU-Net's environment variables for the workspace, except that of the raw dataset, which is shared."""
        return {name: str(self.root / name) for name in ("nnUNet_preprocessed", "nnUNet_results")}

    @property
    def preprocessed(self) -> Path:
        """Folder of the planned dataset with its single fold."""
        return self.root / "nnUNet_preprocessed" / self.dataset

    def model(self, configuration: str) -> Path:
        """nnU-Net's folder of a configuration."""
        return self.root / "nnUNet_results" / self.dataset / model_folder_name(configuration)

    def fold(self, configuration: str) -> Path:
        """Folder of a configuration's single fold."""
        return self.model(configuration) / "fold_0"


def prepare_workspace(root: Path, preprocessed: Path, split: Split, inner: list[str]) -> Workspace:
    """Create the folders, or check and use existing ones. Images are linked, not copied.

    Args:
        root: Folder for the workspace.
        preprocessed: `nnUNet_preprocessed/<dataset>`, planned.
        split: Training and held-out cases, from `selection_split`.
        inner: Cases of the inner validation, from `selection_split`.

    Raises:
        InputError: If the folders were made with other plans or another split.
    """
    workspace = Workspace(root, preprocessed.name)
    contents = {
        PLANS_FILE: json.loads((preprocessed / PLANS_FILE).read_text(encoding="utf-8")),
        SPLITS_FILE: [split],
        INNER_SPLITS_FILE: [inner],
    }
    if workspace.preprocessed.exists():
        _check_unchanged(workspace.preprocessed, contents)
        return workspace
    (root / "nnUNet_results").mkdir(parents=True, exist_ok=True)
    with atomic_folder(workspace.preprocessed) as folder:
        for name, content in contents.items():
            write_json(folder / name, content)
        for name in COPIED_FILES:
            shutil.copy(preprocessed / name, folder / name)
        images = contents[PLANS_FILE]["configurations"][DEFAULT_CONFIGURATION]["data_identifier"]
        for name in (images, REFERENCES):
            os.symlink((preprocessed / name).absolute(), folder / name, target_is_directory=True)
        # The record belongs to the linked images.
        os.symlink((preprocessed / RECORD_FILE).absolute(), folder / RECORD_FILE)
    return workspace


def _check_unchanged(folder: Path, contents: dict[str, Any]) -> None:
    changed = [
        f"{folder / name}: the comparison was begun with another one; give another -o, or remove {folder.parents[1]}"
        for name, content in contents.items()
        if json.loads((folder / name).read_text(encoding="utf-8")) != content
    ]
    if changed:
        raise InputError(changed)

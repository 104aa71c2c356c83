"""Which cases of an outer fold are predicted, so that an interrupted prediction goes on."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dataset_conversion.spine.files import write_json

FILE = "predicted.json"
"""In the folder of predictions that are not complete yet."""


class PredictedCases:
    """The cases that are predicted in a folder, and what predicted them.

    A folder of another model, or with other files of a case, is begun anew.

    Args:
        folder: For the predictions; it is made if necessary.
        predicted_by: What all of them must have in common: the weights, the device and what is written.
    """

    def __init__(self, folder: Path, predicted_by: Mapping[str, Any]) -> None:
        self._path = folder / FILE
        self._content: dict[str, Any] = {"predicted_by": dict(predicted_by), "cases": []}
        found = _read(self._path)
        if found.get("predicted_by") == self._content["predicted_by"]:
            self._content["cases"] = found["cases"]
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(self._path, self._content)

    def __contains__(self, case: str) -> bool:
        """Whether all files of a case are written."""
        return case in self._content["cases"]

    def add(self, case: str) -> None:
        """Record a case whose files are written."""
        self._content["cases"].append(case)
        write_json(self._path, self._content)

    def close(self) -> None:
        """Remove the record, once all cases are predicted."""
        self._path.unlink()


def _read(path: Path) -> dict[str, Any]:
    """The content of the file; nothing if it is missing or damaged."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content

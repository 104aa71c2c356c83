"""A request for a conversion: where the input lies, and the settings."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dataset_conversion.dataset.inputs import find_inputs
from dataset_conversion.dataset.settings import ConversionSettings
from dataset_conversion.images.studies.selection import DEFAULT_SELECTION, DicomSelection

LABELLING = 3
"""Raised whenever the same input and settings come to give another dataset, so that an old one is not reused."""
LABELLING_OF_C1 = 2
"""Gave C1 an ellipsoid; a dataset without C1 is the same."""


@dataclass(frozen=True)
class ConversionRequest:
    """Everything that decides what a dataset contains.

    Attributes:
        images: Folder with CT images, searched with its subfolders.
        annotations: File or folder with centroids; see `readers` for the formats.
        grades: VerSe's grade table or radiologists' texts, for centroids that come without grades.
        annotation_format: Name of the format of `annotations`, or None to recognise it.
        settings: Settings of the labels, the checks and the folds.
        dicom: Which DICOM series are taken, and how their cases are named.
    """

    images: Path
    annotations: Path
    grades: Path | None = None
    annotation_format: str | None = None
    settings: ConversionSettings = field(default_factory=ConversionSettings)
    dicom: DicomSelection = DEFAULT_SELECTION

    def input_paths(self, raw: Path) -> dict[str, Path]:
        """The files that this conversion may read; none of them lies in `raw`."""
        return find_inputs({"images": self.images, "annotations": self.annotations, "grades": self.grades}, raw)

    def identity(self) -> dict[str, Any]:
        """Everything besides the files that decides what the dataset contains."""
        content: dict[str, Any] = {
            "labelling": LABELLING,
            "options": {"annotation_format": self.annotation_format},
            "settings": asdict(self.settings),
        }
        # Datasets that were made before there was a choice of classes stay the same.
        if self.settings.classes == "fracture":
            del content["settings"]["classes"]
        # So do those of DICOM series that rules choose and folders name.
        if self.dicom != DEFAULT_SELECTION:
            content["options"]["dicom"] = asdict(self.dicom)
        # As JSON gives it back: tuples become lists.
        identity: dict[str, Any] = json.loads(json.dumps(content))
        return identity

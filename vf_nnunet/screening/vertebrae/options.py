"""What a user says about the vertebrae of the CTs."""

from dataclasses import field, replace
from pathlib import Path
from typing import Any

from pydantic import InstanceOf

from dataset_conversion.readers.registry import CaseAnnotations
from dataset_conversion.spine.settings import settings
from vf_nnunet.screening.vertebrae.rule import CentreKind, VertebraRule


@settings
class VertebraOptions:
    """Where the centres and names of vertebrae come from, and how vertebrae are judged.

    Attributes:
        rule: How a vertebra is judged.
        centroids: File or folder with centroids, in a format that `convert` reads; None finds vertebrae in the maps.
        masks: File or folder with vertebra masks; likewise.
        annotation_format: Name of the format of centroids, or numbering of the masks; None recognises it.
        annotations: The centroids of all cases, as `check_source` reads them.
        mask_files: The masks of each case by case id, as `check_source` finds them.
        lowest: Level of the lowest vertebra, where the centres have no names; None if it is not known.
        highest: Level of the highest vertebra, likewise.
    """

    rule: VertebraRule = field(default_factory=VertebraRule)
    centroids: Path | None = None
    masks: Path | None = None
    annotation_format: str | None = None
    annotations: InstanceOf[CaseAnnotations] | None = None
    mask_files: dict[str, Path] = field(default_factory=dict)
    lowest: str | None = None
    highest: str | None = None

    @property
    def kind(self) -> CentreKind:
        """Which kind of centres is scored."""
        return "own" if self.source is None else "annotated"

    @property
    def source(self) -> Path | None:
        """The file or folder with given centres; None if vertebrae are found in the maps."""
        return self.centroids or self.masks

    @property
    def depends_on_image(self) -> bool:
        """Whether the header of a CT says something about them: given centres, or both ends of the spine, must fit."""
        return self.source is not None or None not in (self.lowest, self.highest)

    def with_rule(self, rule: VertebraRule) -> "VertebraOptions":
        """The same options with another rule."""
        return replace(self, rule=rule)

    def to_json(self) -> dict[str, Any]:
        """What a result depends on, without files and the words for where numbers come from."""
        rule = self.rule.to_json()
        del rule["calibration_source"], rule["operating_point"]["source"]
        centres = "masks" if self.masks else "centroids" if self.centroids else "located"
        return {"centres": centres, "lowest": self.lowest, "highest": self.highest, **rule}

"""What is known of a case when its DICOM objects are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dataset_conversion.spine.geometry import FloatArray
from dataset_conversion.spine.records.file_records import digest_of_json
from evaluation.patient.rule import LabelledFindings
from vf_nnunet.dicom_results.source import SourceSeries
from vf_nnunet.dicom_results.uids import stable_uid
from vf_nnunet.screening.result import without_paths

SHOWN = ("score", "positive", "findings", "vertebrae", "operating_point", "vertebra_level", "model")
"""Keys of a result on which the objects depend. The others are about names and files of this computer."""
MADE_BY = ("model_sha256", "vf_nnunet", "air_below", "everywhere")
"""Keys of its fingerprint on which the objects depend."""


@dataclass(frozen=True, eq=False)
class CaseContent:
    """A case's result, and the series that it was made from.

    Attributes:
        result: Content of `<case>.json`.
        source: The series.
        findings: The findings of the result in the map of fracture.
    """

    result: Mapping[str, Any]
    source: SourceSeries
    findings: LabelledFindings

    @property
    def vertebrae(self) -> Sequence[Mapping[str, Any]]:
        """The vertebrae of the result, from the top down."""
        return self.result["vertebrae"]  # type: ignore[no-any-return]

    @property
    def warnings(self) -> list[str]:
        """The warnings of the case, without paths."""
        return without_paths(self.result["warnings"], self.result.get("image"))

    @property
    def centres(self) -> FloatArray:
        """Centres (n, 3) of the vertebrae, LPS mm."""
        return np.array([vertebra["centre_lps_mm"] for vertebra in self.vertebrae], dtype=float).reshape(-1, 3)

    @cached_property
    def identity(self) -> str:
        """What all UIDs depend on: the series, the result, and the model, version and settings that made it."""
        result = {name: self.result.get(name) for name in SHOWN}
        made_by = {name: self.result["fingerprint"].get(name) for name in MADE_BY}
        vertebra_level = {name: value for name, value in self.result["vertebra_level"].items() if name != "centres"}
        return digest_of_json(
            [self.source.identity, {**result, "vertebra_level": vertebra_level}, made_by, self.warnings]
        )

    def uid(self, *parts: str | bytes) -> str:
        """A UID of this case.

        Args:
            parts: What it is the UID of, such as the kind of an object and its pixels.
        """
        return stable_uid(self.identity, *parts)

    def vertebra_name(self, number: int) -> str:
        """The level of a vertebra, or its number from the top: unique in the case.

        Args:
            number: From 0.
        """
        return self.vertebrae[number]["level"] or f"vertebra {number + 1}"

    def tracking(self, kind: str, number: int) -> tuple[str, str]:
        """The identifier of a vertebra or finding that all objects have in common, and its UID.

        Args:
            kind: "vertebra" or "finding".
            number: From 0.
        """
        name = self.vertebra_name(number) if kind == "vertebra" else f"finding {number + 1}"
        return name, self.uid("tracking", kind, str(number))

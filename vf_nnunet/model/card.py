"""The description of a model that is stored with its weights (`docs/model_file.md`)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import FRACTURE_GRADE_KEY, LabelClasses, description_problems
from vf_nnunet.inference.preprocessing import Preprocessing
from vf_nnunet.network.architecture import Architecture
from vf_nnunet.nnunet.names import DISCLAIMER

INTENDED_USE = (
    "Research on vertebral fractures (Genant grades 1 to 3) in CT. The output is a probability of fracture for each "
    "voxel of a 1 mm grid and a score for the patient. It is not for diagnosis."
)
PATENTS = (
    "A patent family covers the method's idea (WO2019/106061, US 11,710,233): have someone read it before any use in a "
    "product."
)

OPTIONAL: Mapping[str, Any] = MappingProxyType({FRACTURE_GRADE_KEY: 1, "caution": "", "making": {}})
"""Fields that the JSON leaves out where they have these values."""


@dataclass(frozen=True)
class Card:
    """A model's description.

    Attributes:
        name: nnU-Net's name of the model's folder, trainer__plans__configuration.
        dataset: nnU-Net's name of the dataset that it was trained on.
        configuration: One of the plans' configurations.
        folds: Names of the folds in the ensemble.
        architecture: Architecture of the network.
        labels: Value of each class by name, as in `dataset.json`.
        channel_names: Name of each image channel by number, as in `dataset.json`.
        preprocessing: The entries of the plans that determine the preprocessing.
        operating_points: Patient thresholds by name, as in the `summary.json` of an evaluation; None if the model was
            not evaluated.
        vertebra_level: Vertebra thresholds, calibration and cube by the kind of centres that were scored (see
            `screening.vertebrae.evaluated`); None if the model was not evaluated, or by an earlier version.
        evaluation: AUCs, numbers of cases and nested rates of that evaluation; None if the model was not evaluated.
        training_cohort: Numbers of cases, patients, vertebrae and grades, as far as they are known.
        versions: Versions of the packages that made the file.
        created: UTC time when the file was made.
        weights_sha256: SHA-256 of the weights (`model_file.weights_digest`).
        intended_use: What the model may be used for.
        disclaimer: What it is not.
        patents: Known patents.
        fracture_grade: Lowest Genant grade whose class counts as a fracture, as in `dataset.json`.
        caution: A sentence that every result of the model repeats, such as that it was trained on phantoms only.
        making: How the model was made and what was measured with it, where that is not an evaluation of its folds.

    The last three are left out of the JSON where they have their defaults, so that other cards are as they always were.
    """

    name: str
    dataset: str
    configuration: str
    folds: tuple[str, ...]
    architecture: Architecture
    labels: dict[str, int]
    channel_names: dict[str, str]
    preprocessing: dict[str, Any]
    operating_points: dict[str, dict[str, Any]] | None = None
    vertebra_level: dict[str, dict[str, Any]] | None = None
    evaluation: dict[str, Any] | None = None
    training_cohort: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    created: str = ""
    weights_sha256: str = ""
    intended_use: str = INTENDED_USE
    disclaimer: str = DISCLAIMER
    patents: str = PATENTS
    fracture_grade: int = 1
    caution: str = ""
    making: dict[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> LabelClasses:
        """The classes of the model."""
        return LabelClasses(self.labels, self.fracture_grade)

    def to_json(self) -> str:
        """One line of JSON; equal cards give equal text."""
        content = asdict(self)
        for name, default in OPTIONAL.items():
            if content[name] == default:
                del content[name]
        return json.dumps(content, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, source: str) -> "Card":
        """Read a card that `to_json` wrote.

        Args:
            text: The JSON text.
            source: The file, for error messages.

        Raises:
            InputError: If a field is missing or unknown, or prediction does not support the model (`check`).
        """
        content = {"vertebra_level": None, **OPTIONAL, **_object(text, source)}
        known = {field.name for field in fields(cls)}
        if content.keys() != known:
            missing, unknown = sorted(known - content.keys()), sorted(content.keys() - known)
            raise InputError(f"{source}: its card lacks {missing} and has {unknown}; expected {sorted(known)}")
        architecture = Architecture.from_kwargs(content["architecture"], f"{source}: architecture")
        card = cls(**{**content, "folds": tuple(content["folds"]), "architecture": architecture})
        card.check(source)
        return card

    def check(self, source: str) -> None:
        """Check that prediction supports the model.

        Args:
            source: File or folder of the model, for error messages.

        Raises:
            InputError: If the model has other image channels, labels or preprocessing than are supported.
        """
        problems = []
        if len(self.channel_names) != 1:
            problems.append(f"{source}: {len(self.channel_names)} image channels; expected one, the CT")
        described = {"labels": self.labels, FRACTURE_GRADE_KEY: self.fracture_grade}
        problems += [f"{source}: {problem}" for problem in description_problems(described)]
        if problems:
            raise InputError(problems)
        Preprocessing.from_entries(self.preprocessing, source)


def _object(text: str, source: str) -> Mapping[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError(f"{source}: its card is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise InputError(f"{source}: its card is a {type(content).__name__}; expected an object")
    return content

"""Pack a model that was trained on phantoms, measure it on real CTs, and write its card."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dataset_conversion.phantom.cohort.manifest import MANIFEST
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.files import write_text
from dataset_conversion.spine.records.file_records import digest_of_json
from dataset_conversion.spine.vertebra_table import TABLE_FILE
from vf_nnunet.export.description import describe_model
from vf_nnunet.inference.preprocessing import plans_entries
from vf_nnunet.model.card import Card
from vf_nnunet.model.default_model import CAUTION, PHANTOM_FILE
from vf_nnunet.model.model_file import write_model_file
from vf_nnunet.model.model_folder import read_model_folder
from vf_nnunet.nnunet.child_process import child_process
from vf_nnunet.nnunet.fold_record import read_fold_record
from vf_nnunet.nnunet.normalisation import describe_normalisation
from vf_nnunet.phantom_model.card_page import card_page
from vf_nnunet.phantom_model.recipe import LARGEST_BYTES
from vf_nnunet.training.settings import PLANS_KEY
from vf_nnunet.transfer.table import NAME as TRANSFER
from vf_nnunet.transfer.table import TOTAL

INTENDED_USE = (
    "Trying the software without data of one's own, proposing centres of vertebrae that a person corrects, and as a "
    "start for a training (vf_nnunet train --from phantom). Its probabilities of fracture are those of a network that "
    "has never seen a patient: they are not for finding fractures in patients, not for choosing who is read first, and "
    "not for a comparison with models that were trained on patients."
)


@dataclass(frozen=True)
class Packing:
    """The steps from a trained model to the files that come with the package.

    Attributes:
        folder: nnU-Net's folder of the model.
        cohort: The phantoms that it was trained on.
        output: Folder for `phantom.vf`, `phantom.md` and `transfer/`.
        real: Folder with `images/`, `masks/` and, if there are any, `grades/` of real CTs; None to measure nothing.
        device: nnU-Net's name of the device that predicts the real CTs.
    """

    folder: Path
    cohort: Path
    output: Path
    real: Path | None
    device: str

    @property
    def file(self) -> Path:
        """The model file."""
        return self.output / PHANTOM_FILE.name

    def check(self) -> None:
        """Check before long work that the real CTs are there.

        Raises:
            InputError: If a folder is missing.
        """
        wanted = () if self.real is None else (self.real / "images", self.real / "masks")
        problems = [f"{path}: no such folder; expected real CTs in images/ and masks/" for path in wanted]
        problems = [problem for problem, path in zip(problems, wanted, strict=True) if not path.is_dir()]
        if problems:
            raise InputError(problems)

    def pack(self) -> None:
        """Write the model file."""
        self._write(None)

    def measure(self) -> None:
        """Measure the model on the real CTs with `vf_nnunet transfer`; what is predicted already is kept.

        Raises:
            InputError: If the command fails.
        """
        if self.real is None:
            return
        command = [sys.executable, "-m", "vf_nnunet", "transfer", "-i", str(self.real / "images")]
        command += ["--vertebra-masks", str(self.real / "masks"), "-m", str(self.file), "-device", self.device]
        command += ["-o", str(self.output / TRANSFER)]
        if (self.real / "grades").is_dir():
            command += ["--grades", str(self.real / "grades")]
        with child_process(command, os.environ) as process:
            process.wait()
        if process.returncode != 0:
            raise InputError(f"{' '.join(command)} ended with exit code {process.returncode}; its output is above")

    def describe(self) -> None:
        """Write the card beside the file, and the numbers of the real CTs into the file."""
        table, page = (self.output / TRANSFER / f"{TRANSFER}.{ending}" for ending in ("json", "md"))
        measured = None if self.real is None else json.loads(table.read_text(encoding="utf-8"))
        card = self._write(measured)
        shown = None if self.real is None else page.read_text(encoding="utf-8")
        write_text(self.file.with_suffix(".md"), card_page(card, self.file.stat().st_size, shown))

    def _write(self, measured: Mapping[str, Any] | None) -> Card:
        """Write the file; `measured` is the content of `transfer.json`."""
        model = describe_model(read_model_folder(self.folder), self.folder, None, self.cohort / TABLE_FILE)
        making = self._making(model.card)
        if measured is not None:
            making["transfer"] = {"cts": len(measured["cases"]), **measured[TOTAL]}
        card = replace(model.card, caution=CAUTION, intended_use=INTENDED_USE, making=making)
        written = write_model_file(self.file, replace(model, card=card))
        size = self.file.stat().st_size
        if size > LARGEST_BYTES:
            self.file.unlink()
            raise InputError(
                f"{self.folder}: folds {', '.join(card.folds)} are {size / 1e6:.1f} MB in one file; expected at most "
                f"{LARGEST_BYTES / 1e6:g} MB: train fewer folds"
            )
        return written

    def _making(self, card: Card) -> dict[str, Any]:
        """How the model was made, by the records beside its phantoms and its weights."""
        manifest, plans = (_read(path) for path in (self.cohort / MANIFEST, self.folder / "plans.json"))
        planned = plans["configurations"][card.configuration]
        records = {fold: read_fold_record(self.folder / f"fold_{fold}") for fold in card.folds}
        return {
            "phantoms": {
                "seed": manifest["seed"],
                "drawing": manifest["drawing"],
                "settings_sha256": digest_of_json(manifest["settings"]),
            },
            "intensities": describe_normalisation(plans_entries(plans, card.configuration)),
            "batch_size": planned["batch_size"],
            "patch_size": list(planned["patch_size"]),
            "training": plans[PLANS_KEY],
            "training_cases": {fold: len(record["train"]) for fold, record in records.items() if record is not None},
        }


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"{path}: missing; expected the record of a model that was trained on phantoms")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

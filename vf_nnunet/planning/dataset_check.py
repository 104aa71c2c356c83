"""What a raw dataset must have for the plugin's plans, checked before anything is computed."""

import json
from pathlib import Path
from typing import Any

from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.labels import BACKGROUND_NAME, FRACTURE_NAME, IGNORE_NAME, NORMAL_NAME
from vf_nnunet.nnunet.splits import PARTS, SPLITS_FILE, read_splits

DESCRIPTION = "dataset.json"
FILE_ENDING = ".nii.gz"
"""The evaluation, the model selection and the benchmark look for no other."""
AXES = ("LR", "PA", "IS")
"""The letters that nibabel may have for an array's axes (x, y, z)."""


def check_dataset(raw: Path) -> dict[str, Any]:
    """The content of `dataset.json`, if the dataset can be planned.

    Args:
        raw: `nnUNet_raw/<dataset>`.

    Raises:
        InputError: All findings at once: labels other than background, normal, fracture and perhaps more, numbered
            from 0 on; channels that are not numbered; another file format; images and labels that do not belong
            together; images that cannot be read, or whose axes have another order; folds of cases that do not exist.
    """
    path = raw / DESCRIPTION
    if not path.is_file():
        raise InputError(f"{path}: missing; make the dataset with vf_nnunet convert")
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error})") from error
    findings = [f"{path}: {finding}" for finding in _description_findings(description)]
    if not findings:
        findings = _case_findings(raw, description)
    if findings:
        raise InputError(findings)
    return description


def _description_findings(description: dict[str, Any]) -> list[str]:
    findings = _label_findings(description.get("labels"))
    channels = description.get("channel_names")
    if not isinstance(channels, dict) or sorted(channels) != sorted(map(str, range(len(channels)))) or not channels:
        findings.append(f'channel_names {channels}, expected {{"0": "CT"}}, further channels "1", "2", ...')
    ending = description.get("file_ending")
    if ending != FILE_ENDING:
        findings.append(f"file_ending {ending}, expected {FILE_ENDING}; save images and labels as compressed NIfTI")
    return findings


def _label_findings(labels: Any) -> list[str]:
    if not isinstance(labels, dict):
        return [f'labels {labels}, expected {{"background": 0, "{NORMAL_NAME}": 1, "{FRACTURE_NAME}": 2}}']
    missing = {NORMAL_NAME, FRACTURE_NAME} - set(labels)
    findings = [f"labels {labels}, missing {', '.join(sorted(missing))}"] if missing else []
    if any(type(value) is not int for value in labels.values()):
        return [*findings, f"labels {labels}, expected one whole number a label; regions are not supported"]
    if sorted(labels.values()) != list(range(len(labels))) or labels.get(BACKGROUND_NAME) != 0:
        findings.append(f"labels {labels}, expected background 0 and the others 1, 2, ... without a gap")
    elif labels.get(IGNORE_NAME, len(labels) - 1) != len(labels) - 1:
        findings.append(f"labels {labels}, expected ignore to be the highest")
    return findings


def _case_findings(raw: Path, description: dict[str, Any]) -> list[str]:
    cases = {path.name.removesuffix(FILE_ENDING) for path in (raw / "labelsTr").glob(f"*{FILE_ENDING}")}
    images = {path.name.removesuffix(FILE_ENDING) for path in (raw / "imagesTr").glob(f"*{FILE_ENDING}")}
    wanted = {f"{case}_{int(channel):04d}" for case in cases for channel in description["channel_names"]}
    findings = [
        f"{raw / folder}: {what} {', '.join(sorted(names))}"
        for folder, what, names in (
            ("imagesTr", "missing", wanted - images),
            ("imagesTr", "without a label:", images - wanted),
        )
        if names
    ]
    if not cases:
        findings.append(f"{raw / 'labelsTr'}: no file *{FILE_ENDING}; wanted one label a case")
    if description.get("numTraining") != len(cases):
        findings.append(f"{raw / DESCRIPTION}: numTraining {description.get('numTraining')}, found {len(cases)} labels")
    for image in sorted(images):
        findings += _axes_findings(raw / "imagesTr" / f"{image}{FILE_ENDING}")
    return findings + _split_findings(raw / SPLITS_FILE, cases)


def _axes_findings(path: Path) -> list[str]:
    """Whether the array's axes are those of the network, whose sagittal kernels and flips depend on them."""
    import nibabel

    try:
        axes = "".join(map(str, nibabel.aff2axcodes(nibabel.load(path).affine)))
    except (OSError, EOFError, ValueError, nibabel.filebasedimages.ImageFileError) as error:
        return [f"{path}: cannot be read ({error}); wanted a NIfTI file"]
    if all(axis in pair for axis, pair in zip(axes, AXES, strict=False)):
        return []
    return [
        f"{path}: axes {axes}, wanted left-right, front-back, feet-head (as LPS or RAS): make the dataset with "
        "vf_nnunet convert, or reorient image and label"
    ]


def _split_findings(path: Path, cases: set[str]) -> list[str]:
    if not path.is_file():
        return []
    try:
        folds = read_splits(path)
    except InputError as error:
        return [str(error)]
    unknown = {case for fold in folds for part in PARTS for case in fold[part]} - cases
    return [f"{path}: cases that do not exist: {', '.join(sorted(unknown))}"] if unknown else []

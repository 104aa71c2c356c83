"""Check that a raw dataset can be planned, before anything is computed."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from dataset_conversion.spine.errors import InputError, shortened_list
from dataset_conversion.spine.geometry import spacing_of
from dataset_conversion.spine.labels import BACKGROUND_NAME, IGNORE_NAME, description_problems
from vf_nnunet.nnunet.splits import PARTS, SPLITS_FILE, read_splits
from vf_nnunet.planning.raw_case import FILE_ENDING, RawCase, raw_cases

DESCRIPTION = "dataset.json"
AXES = ("LR", "PA", "IS")
"""The letters by which nibabel may name an array's axes (x, y, z)."""
SIZE_TOLERANCE = 1e-3
"""Largest relative difference of voxel sizes that count as the same."""
AFFINE_TOLERANCE = 1e-3
"""Largest difference of the entries of affines that count as the same; headers store them in single precision."""


def check_dataset(raw: Path) -> dict[str, Any]:
    """Check a raw dataset and return the content of its `dataset.json`.

    Args:
        raw: `nnUNet_raw/<dataset>`.

    Raises:
        InputError: If the labels are not numbered from 0 or lack background, normal or fractures, channels are not
            numbered, the file format is another, images and labels do not match, a header cannot be read, axes have
            another order, the files of a case have different grids, or a fold contains unknown cases. All problems are
            reported at once.
    """
    path = raw / DESCRIPTION
    if not path.is_file():
        raise InputError(f"{path}: missing; make the dataset with vf_nnunet convert")
    try:
        description: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error})") from error
    problems = [f"{path}: {problem}" for problem in _description_problems(description)]
    if not problems:
        problems = _case_problems(raw, description)
    if problems:
        raise InputError(problems)
    return description


def _description_problems(description: dict[str, Any]) -> list[str]:
    problems = [*description_problems(description), *_value_problems(description.get("labels"))]
    channels = description.get("channel_names")
    if not isinstance(channels, dict) or sorted(channels) != sorted(map(str, range(len(channels)))) or not channels:
        problems.append(f'channel_names {channels}, expected {{"0": "CT"}}, further channels "1", "2", ...')
    if "dataset" in description:
        problems.append('entry "dataset" lists files elsewhere; expected images and labels in imagesTr and labelsTr')
    ending = description.get("file_ending")
    if ending != FILE_ENDING:
        problems.append(f"file_ending {ending}, expected {FILE_ENDING}; save images and labels as compressed NIfTI")
    return problems


def _value_problems(labels: Any) -> list[str]:
    if not isinstance(labels, dict):
        return []
    if any(type(value) is not int for value in labels.values()):
        return [f"labels {labels}, expected one whole number per label; regions are not supported"]
    if sorted(labels.values()) != list(range(len(labels))) or labels.get(BACKGROUND_NAME) != 0:
        return [f"labels {labels}, expected background 0 and the others 1, 2, ... without a gap"]
    if labels.get(IGNORE_NAME, len(labels) - 1) != len(labels) - 1:
        return [f"labels {labels}, expected ignore to be the highest"]
    return []


def _case_problems(raw: Path, description: dict[str, Any]) -> list[str]:
    cases = {path.name.removesuffix(FILE_ENDING) for path in (raw / "labelsTr").glob(f"*{FILE_ENDING}")}
    images = {path.name.removesuffix(FILE_ENDING) for path in (raw / "imagesTr").glob(f"*{FILE_ENDING}")}
    expected = {f"{case}_{int(channel):04d}" for case in cases for channel in description["channel_names"]}
    problems = [
        f"{raw / folder}: {what} {shortened_list(sorted(names), 5)}"
        for folder, what, names in (
            ("imagesTr", "missing", expected - images),
            ("imagesTr", "without a label:", images - expected),
        )
        if names
    ]
    if not cases:
        problems.append(f"{raw / 'labelsTr'}: no file *{FILE_ENDING}; expected one label file per case")
    if description.get("numTraining") != len(cases):
        problems.append(f"{raw / DESCRIPTION}: numTraining {description.get('numTraining')}, found {len(cases)} labels")
    for case in raw_cases(raw, description):
        problems += _grid_problems(case)
    return problems + _split_problems(raw / SPLITS_FILE, cases)


def _grid_problems(case: RawCase) -> list[str]:
    """Check the headers of a case: the axes, the voxel sizes, and that all its files have one grid."""
    headers: dict[Path, Any] = {}
    problems: list[str] = []
    # Missing files are reported with the names of the folders.
    for path in (path for path in (*case.images, case.label) if path.is_file()):
        try:
            headers[path] = _read_header(path)
        except InputError as error:
            problems += error.problems
    for path, header in headers.items():
        problems += _axes_problems(path, header) or _size_problems(path, header)
        if case.images[0] in headers and not problems:
            problems += _difference_problems(path, header, case.images[0], headers[case.images[0]])
    return problems


def _read_header(path: Path) -> Any:
    """The image as nibabel opens it; its voxels are not read."""
    import nibabel

    try:
        return nibabel.load(path)
    except (OSError, EOFError, ValueError, nibabel.filebasedimages.ImageFileError) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a NIfTI file") from error


def _axes_problems(path: Path, header: Any) -> list[str]:
    """Check the order of the array's axes, on which the network's sagittal kernels and the flips depend."""
    import nibabel

    if len(header.shape) != len(AXES) or 0 in header.shape:
        return [f"{path}: shape {header.shape}; expected a volume with three axes"]
    axes = "".join(map(str, nibabel.aff2axcodes(header.affine)))
    if all(axis in pair for axis, pair in zip(axes, AXES, strict=True)):
        return []
    return [
        f"{path}: axes {axes}; expected left-right, anterior-posterior, longitudinal (as LPS or RAS): make the dataset "
        "with vf_nnunet convert, or reorient image and label"
    ]


def _size_problems(path: Path, header: Any) -> list[str]:
    """Check that the voxel sizes, by which nnU-Net resamples, are those of the affine, by which positions are known."""
    sizes, expected = (np.round(mm, 4).tolist() for mm in (header.header.get_zooms()[:3], spacing_of(header.affine)))
    if np.allclose(sizes, expected[::-1], rtol=SIZE_TOLERANCE):
        return []
    return [f"{path}: voxel sizes (pixdim) {sizes} mm; expected those of the affine, {expected[::-1]} mm"]


def _difference_problems(path: Path, header: Any, image: Path, expected: Any) -> list[str]:
    if header.shape != expected.shape:
        return [f"{path}: shape {header.shape}; expected {expected.shape} as {image.name}"]
    if not np.allclose(header.affine, expected.affine, atol=AFFINE_TOLERANCE):
        found = np.round(header.affine[:3], 3).tolist()
        return [f"{path}: affine {found}; expected {np.round(expected.affine[:3], 3).tolist()} as {image.name}"]
    return []


def _split_problems(path: Path, cases: set[str]) -> list[str]:
    if not path.is_file():
        return []
    try:
        folds = read_splits(path)
    except InputError as error:
        return [str(error)]
    unknown = {case for fold in folds for part in PARTS for case in fold[part]} - cases
    return [f"{path}: cases that do not exist: {shortened_list(sorted(unknown), 5)}"] if unknown else []

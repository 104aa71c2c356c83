"""The names of labels in file names and in TotalSegmentator's headers."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from dataset_conversion.label_maps.label_names import header_levels, level_of_name

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension>  <Date><![CDATA[2013-07-14T05:45:09]]></Date>   '
    '<VolumeInformation Index="0">   <LabelTable>\n'
)
TAIL = "  </LabelTable> </VolumeInformation></CaretExtension>\n              "


def label(number: int, name: str) -> str:
    return f'<Label Key="{number}" Red="1.0" Green="0.0" Blue="0.0" Alpha="1"><![CDATA[{name}]]></Label>\n'


def save(path: Path, content: bytes | None, code: int = 0) -> Path:
    image = nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    if content is not None:
        image.header.extensions.append(nib.nifti1.Nifti1Extension(code, content))
    nib.save(image, path)
    return path


def table(*labels: tuple[int, str]) -> bytes:
    return (HEAD + "".join(label(*entry) for entry in labels) + TAIL).encode()


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("vertebrae_L1", "L1"),
        ("vertebrae_T12", "T12"),
        ("vertebra_c7", "C7"),
        ("vertebrae_S1", "S1"),
        ("sacrum", None),
        ("vertebrae_body", None),
        ("vertebrae_L9", None),
        ("L1", None),
    ],
)
def test_a_name_is_a_level(name: str, level: str | None) -> None:
    assert level_of_name(name) == level


def test_the_names_of_total_v3(tmp_path: Path) -> None:
    content = table((1, "spleen"), (25, "sacrum"), (26, "vertebrae_L6"), (27, "vertebrae_L5"))
    assert header_levels(save(tmp_path / "a.nii.gz", content)) == {26: "L6", 27: "L5"}


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"a comment",
        table((1, "spleen")),
        table((1, "vertebrae_L1"))[:-60],
        b"<Label Key='one'>vertebrae_L1</Label>",
        b"<Label>vertebrae_L1</Label>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a><Label Key='1'>vertebrae_L1</Label></a>",
    ],
    ids=["none", "empty", "text", "organs", "cut", "no number", "no key", "entities"],
)
def test_headers_without_vertebrae_name_nothing(tmp_path: Path, content: bytes | None) -> None:
    assert header_levels(save(tmp_path / "a.nii.gz", content)) == {}


def test_other_extensions_and_formats_name_nothing(tmp_path: Path) -> None:
    assert header_levels(save(tmp_path / "a.nii", table((1, "vertebrae_L1")), code=6)) == {}
    assert header_levels(tmp_path / "a.nrrd") == {}

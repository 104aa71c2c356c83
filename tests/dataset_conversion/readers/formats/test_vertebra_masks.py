"""Masks of vertebrae as annotations: cases, levels, grids, and what is left out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.label_maps.numberings import NUMBERINGS, TOTALSEGMENTATOR, VERSE, Numbering
from dataset_conversion.readers.formats.vertebra_masks import FORMATS, read
from dataset_conversion.readers.registry import find_format, read_annotations
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.geometry import ImageHeader
from tests.dataset_conversion.label_maps.whole_vertebrae import WholeVertebrae, whole_vertebrae


@pytest.fixture(scope="module")
def phantom() -> WholeVertebrae:
    return whole_vertebrae(77, 6)


def header(phantom: WholeVertebrae, name: str = "a") -> dict[str, ImageHeader]:
    return {name: ImageHeader(Path(f"{name}.nii.gz"), phantom.volume.array.shape, phantom.volume.affine)}


@pytest.mark.parametrize("numbering", [VERSE, TOTALSEGMENTATOR], ids=lambda numbering: numbering.name)
def test_a_label_map_gives_centroids(tmp_path: Path, phantom: WholeVertebrae, numbering: Numbering) -> None:
    phantom.write(tmp_path / "a_seg.nii.gz", numbering)
    found = read_annotations(tmp_path, header(phantom))
    true = {row.vertebra: row for row in phantom.plan.rows()}
    assert found.cases == {"a"}
    assert len(found.vertebrae) >= 3
    for row in found.vertebrae:
        assert (row.case_id, row.patient_id, row.grade) == ("a", "a", None)
        assert np.linalg.norm(np.subtract(row.centroid, true[row.vertebra].centroid)) < 4
    assert found.points == len(phantom.levels) == len(found.vertebrae) + len(found.left_out)
    sentence = f"{tmp_path / 'a_seg.nii.gz'}: {phantom.levels[1]} is cut off by the border of the image and is left out"
    assert found.left_out[0] == sentence
    assert ("a", phantom.levels[1]) in found.left_out_levels
    assert found == read_annotations(tmp_path, header(phantom), numbering.name)


def test_a_folder_of_single_vertebrae_gives_the_same(tmp_path: Path, phantom: WholeVertebrae) -> None:
    phantom.write_folder(tmp_path / "folders" / "a" / "segmentations")
    phantom.write(tmp_path / "maps" / "a.nii.gz", TOTALSEGMENTATOR)
    one, other = (read_annotations(tmp_path / name, header(phantom)) for name in ("folders", "maps"))
    assert one.vertebrae == other.vertebrae


def test_cases_without_an_image_are_named_but_not_read(tmp_path: Path, phantom: WholeVertebrae) -> None:
    (tmp_path / "b_seg.nii.gz").touch()
    phantom.write(tmp_path / "a_seg.nii.gz", VERSE)
    found = read(tmp_path, header(phantom))
    assert found.cases == {"a", "b"}
    assert {row.case_id for row in found.vertebrae} == {"a"}


def test_the_problems_of_all_cases_at_once(tmp_path: Path, phantom: WholeVertebrae) -> None:
    phantom.write(tmp_path / "a_seg.nii.gz", VERSE)
    (tmp_path / "b_seg.nii.gz").write_bytes(b"")
    image = header(phantom)["a"]
    shifted = replace(image, affine=image.affine.copy())
    shifted.affine[2, 3] += 5
    with pytest.raises(InputError) as caught:
        read(tmp_path, {"a": shifted, "b": image})
    of_a, of_b = caught.value.problems
    assert of_a.startswith(f"{tmp_path / 'a_seg.nii.gz'}: 180 x 112 x 104 voxels of 1.13 x 0.927 x 0.927 mm (z, y, x)")
    assert "expected that of a.nii.gz, 180 x 112 x 104 voxels" in of_a
    assert of_b.startswith(f"{tmp_path / 'b_seg.nii.gz'}: cannot be read")


def test_masks_are_recognised_only_where_no_centroids_lie_beside_them(tmp_path: Path) -> None:
    (tmp_path / "sub-verse004_seg-vert_msk.nii.gz").touch()
    assert find_format(tmp_path, {}).name == "vertebra-masks"
    (tmp_path / "sub-verse004_seg-subreg_ctd.json").touch()
    assert find_format(tmp_path, {}).name == "verse"
    assert find_format(tmp_path, {}, "verse-masks").name == "verse-masks"


def test_a_format_for_every_numbering() -> None:
    assert [found.name for found in FORMATS] == ["vertebra-masks", *NUMBERINGS]
    assert [found.is_fallback for found in FORMATS] == [True, False, False, False, False]

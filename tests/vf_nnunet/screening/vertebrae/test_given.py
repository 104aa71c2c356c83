"""Centroids and masks that come with a CT, and what is wrong with them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dataset_conversion.images.registry import read_image_header
from dataset_conversion.images.volume import Volume, write_volume
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.vertebra_table import Vertebra, read_vertebra_table, write_vertebra_table
from tests.vf_nnunet.small_spine import SmallSpine
from vf_nnunet.screening.vertebrae.centres import GivenCentres
from vf_nnunet.screening.vertebrae.evaluability import CUT
from vf_nnunet.screening.vertebrae.given import check_source, given_digest_now, read_given
from vf_nnunet.screening.vertebrae.options import VertebraOptions


@pytest.fixture
def ct(spine: SmallSpine, tmp_path: Path) -> Path:
    path = tmp_path / "cts" / "a.nii.gz"
    path.parent.mkdir()
    write_volume(path, Volume(spine.hounsfield, spine.affine), np.int16)
    return path


def write_table(path: Path, spine: SmallSpine, **moved: tuple[float, float, float]) -> Path:
    places = {f"L{row + 1}": tuple(centre) for row, centre in enumerate(spine.centres.tolist())} | moved
    write_vertebra_table(path, [Vertebra("a", "a", level, *place) for level, place in places.items()])
    return path


def write_masks(path: Path, mask: np.ndarray, affine: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    write_volume(path, Volume(mask, affine), np.uint8)
    return path


def read(options: VertebraOptions, ct: Path) -> GivenCentres:
    given = read_given("a", read_image_header(ct), check_source(options, {"a": ct}))
    assert given is not None
    return given


def test_centroids_of_a_table(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    options = VertebraOptions(centroids=write_table(tmp_path / "points.csv", spine))
    checked = check_source(options, {"a": ct})
    assert checked.annotations is not None
    assert checked.annotations.format.name == "csv"
    given = read(options, ct)
    assert [vertebra.level for vertebra in given.vertebrae] == ["L1", "L2", "L3", "L4", "L5"]
    np.testing.assert_allclose([vertebra.centre for vertebra in given.vertebrae], spine.centres)
    assert given.source == "centroids in points.csv (csv)"
    assert given_digest_now("a", checked) == given.digest
    write_table(options.centroids or ct, spine, L1=(0.0, -5.0, 360.0))
    assert given_digest_now("a", check_source(options, {"a": ct})) != given.digest


def test_the_source_of_a_batch_is_read_once(
    spine: SmallSpine, ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "points.csv"
    places = [(f"L{row + 1}", *centre) for row, centre in enumerate(spine.centres.tolist())]
    write_vertebra_table(table, [Vertebra(case, case, *place) for case in "abcd" for place in places])
    reads = []

    def counted(path: Path) -> list[Vertebra]:
        reads.append(path)
        return read_vertebra_table(path)

    monkeypatch.setattr("dataset_conversion.readers.formats.csv_table.read_vertebra_table", counted)
    checked = check_source(VertebraOptions(centroids=table), dict.fromkeys("abcd", ct))
    for case in "abcd":
        given = read_given(case, read_image_header(ct), checked)
        assert given is not None
        assert len(given.vertebrae) == 5
        given_digest_now(case, checked)
    # Once in each of the three spaces that a table does not tell apart.
    assert len(reads) == 3


def test_a_bad_file_of_one_case_does_not_stop_the_others(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    folder = tmp_path / "points"
    folder.mkdir()
    rows = "".join(f"{x},{y},{z},L{row + 1}\n" for row, (x, y, z) in enumerate(spine.centres.tolist()))
    header = "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n# columns = x,y,z,label\n"
    for case in "ab":
        (folder / f"{case}.fcsv").write_text(header + (rows if case == "a" else "1,2,three,L1\n"))
    checked = check_source(VertebraOptions(centroids=folder), dict.fromkeys("ab", ct))
    given = read_given("a", read_image_header(ct), checked)
    assert given is not None
    assert len(given.vertebrae) == 5
    for read_again in (lambda: read_given("b", read_image_header(ct), checked), lambda: given_digest_now("b", checked)):
        with pytest.raises(InputError, match=r"b\.fcsv: row 4.*three"):
            read_again()


def test_a_table_that_is_invalid_for_every_case_is_refused_before_any_work(ct: Path, tmp_path: Path) -> None:
    table = tmp_path / "points.csv"
    table.write_text("case_id,patient_id,vertebra,x,y,z,grade,shape\na,a,L1,1,2,three,,\n")
    with pytest.raises(InputError, match=r"points\.csv: .*three"):
        check_source(VertebraOptions(centroids=table), {"a": ct, "b": ct})


def test_masks_read_with_another_numbering_are_other_centres(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    masks = write_masks(tmp_path / "seg.nii.gz", spine.mask, spine.affine)
    digests = {
        given_digest_now("a", check_source(VertebraOptions(masks=masks, annotation_format=name), {"a": ct}))
        for name in ("verse-masks", "totalsegmentator-masks")
    }
    assert len(digests) == 2


def test_the_atlas_is_left_out(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    x, y, z = spine.centres[0].tolist()
    table = write_table(tmp_path / "points.csv", spine, C1=(x, y, z + 20))
    given = read(VertebraOptions(centroids=table), ct)
    assert [vertebra.level for vertebra in given.vertebrae] == ["L1", "L2", "L3", "L4", "L5"]
    assert given.warnings == (f"{table}: C1 has no vertebral body and is left out",)


def test_masks_give_centres_and_heights(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    """The third body is lower in front. The mask's name does not matter for a single CT."""
    mask = spine.mask.copy()
    mask[96:104, :45][mask[96:104, :45] == 22] = 0
    given = read(VertebraOptions(masks=write_masks(tmp_path / "seg.nii.gz", mask, spine.affine)), ct)
    assert [vertebra.level for vertebra in given.vertebrae] == ["L1", "L2", "L3", "L4", "L5"]
    apart = np.subtract([vertebra.centre for vertebra in given.vertebrae], spine.centres)
    assert np.linalg.norm(apart, axis=1).max() < 4
    whole, wedge = given.vertebrae[1].heights, given.vertebrae[2].heights
    assert whole is not None
    assert wedge is not None
    np.testing.assert_allclose([whole.anterior, whole.middle, whole.posterior], 23, atol=1)
    assert wedge.anterior == pytest.approx(15, abs=1.5)
    assert wedge.posterior == pytest.approx(23, abs=1)


def test_a_mask_that_the_image_cuts_is_kept_as_not_evaluable(spine: SmallSpine, tmp_path: Path) -> None:
    affine = spine.affine.copy()
    affine[2, 3] += 26
    ct = write_masks(tmp_path / "cts" / "a.nii.gz", spine.mask[26:], affine)
    given = read(VertebraOptions(masks=write_masks(tmp_path / "seg.nii.gz", spine.mask[26:], affine)), ct)
    assert [vertebra.not_evaluable for vertebra in given.vertebrae] == [None] * 4 + [CUT]
    assert given.vertebrae[-1].level == "L5"


def problems(options: VertebraOptions, ct: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        read(options, ct)
    return caught.value.problems


def test_bad_centroids_give_one_line_each(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "points.csv", spine, L1=(0.0, -5.0, 900.0))
    (line,) = problems(VertebraOptions(centroids=table), ct)
    assert line.startswith(f"{table}: L1 at LPS (0.0, -5.0, 900.0) mm lies outside {ct}; expected inside the image")
    twice = (float(spine.centres[1][0]), float(spine.centres[1][1]) + 3, float(spine.centres[1][2]))
    table = write_table(tmp_path / "points.csv", spine, L3=twice)
    (line,) = problems(VertebraOptions(centroids=table), ct)
    assert "lie 3.0 mm apart, in one body; expected one name per body" in line
    upside_down = {f"L{5 - row}": tuple(centre) for row, centre in enumerate(spine.centres.tolist())}
    table = write_table(tmp_path / "points.csv", spine, **upside_down)
    assert all("out of order" in line for line in problems(VertebraOptions(centroids=table), ct))


def test_centroids_of_other_cases(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path / "points.csv", spine)
    options = VertebraOptions(centroids=table)
    with pytest.raises(InputError, match=r"points\.csv: .*; expected cases named after the CTs"):
        check_source(options, {"b": ct})
    checked = check_source(options, {"a": ct, "b": ct})
    with pytest.raises(InputError, match=r"points\.csv: no centroid of case b; expected at least one"):
        read_given("b", read_image_header(ct), checked)


def test_bad_masks_give_one_line_each(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    path = tmp_path / "masks" / "a_seg.nii.gz"
    (line,) = problems(VertebraOptions(masks=write_masks(path, spine.mask[5:], spine.affine)), ct)
    assert line.startswith(f"{path}: 185 x 90 x 80 voxels")
    assert f"expected that of {ct}" in line
    (line,) = problems(VertebraOptions(masks=write_masks(path, np.zeros_like(spine.mask), spine.affine)), ct)
    assert line.startswith(f"{path}: ")
    (line,) = problems(VertebraOptions(masks=write_masks(path, spine.mask + 200, spine.affine)), ct)
    assert line.startswith(f"{path}: ")
    (line,) = problems(VertebraOptions(masks=tmp_path / "nowhere"), ct)
    assert line == f"{tmp_path / 'nowhere'}: no such file or folder; expected masks of vertebrae"


def test_masks_of_a_batch_are_found_by_case(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    write_masks(tmp_path / "masks" / "a_seg.nii.gz", spine.mask, spine.affine)
    options = VertebraOptions(masks=tmp_path / "masks")
    checked = check_source(options, {"a": ct, "b": ct})
    assert read_given("a", read_image_header(ct), checked) is not None
    with pytest.raises(InputError, match=r"masks: no masks of case b; expected those of each case"):
        read_given("b", read_image_header(ct), checked)
    with pytest.raises(InputError, match=r"masks of a but not of b, c; expected masks named after the CTs"):
        check_source(options, {"b": ct, "c": ct})


def test_a_level_that_contradicts_the_names(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    options = VertebraOptions(centroids=write_table(tmp_path / "points.csv", spine), lowest="L5")
    assert len(read(options, ct).vertebrae) == 5
    (line,) = problems(replace(options, lowest="L4"), ct)
    assert line == f"{options.centroids}: the lowest vertebra is L5; expected L4, as --lowest-vertebra says"


def test_without_given_centres_there_is_nothing_to_read(ct: Path) -> None:
    options = check_source(VertebraOptions(), {"a": ct})
    assert read_given("a", read_image_header(ct), options) is None
    assert options.kind == "own"


def test_known_levels_that_a_low_ct_cannot_hold(ct: Path) -> None:
    """190 mm hold the 16 vertebrae from T1 to L5, however close they are; half as high, the CT does not."""
    both, header = VertebraOptions(lowest="L5", highest="T1"), read_image_header(ct)
    assert read_given("a", header, both) is None
    low = replace(header, affine=header.affine @ np.diag([1.0, 1.0, 0.5, 1.0]))
    assert read_given("a", low, replace(both, highest="L1")) is None
    with pytest.raises(InputError, match="an image 95 mm high; expected at least 120 mm for 16 vertebrae"):
        read_given("a", low, both)


def test_centres_without_names_must_fit_the_known_levels(spine: SmallSpine, ct: Path, tmp_path: Path) -> None:
    """As found by `name_levels`, but before the network is computed."""
    source = tmp_path / "points"
    source.mkdir()
    places = "".join(f"<Item><pos>{x} {y} {z} 0 0 0</pos></Item>" for x, y, z in spine.centres.tolist())
    (source / "a.xml").write_text(f"<XMarkerList><ListItems>{places}</ListItems></XMarkerList>")
    options = VertebraOptions(centroids=source, annotation_format="mevislab-world", lowest="L5")
    assert [vertebra.level for vertebra in read(options, ct).vertebrae] == [None] * 5
    (line,) = problems(replace(options, highest="T12"), ct)
    assert line == "highest vertebra T12 and lowest vertebra L5: 5 vertebrae found; expected 6 or 7"

from pathlib import Path

import pytest

from dataset_conversion.spine.case_names import annotation_case_id, image_case_id, patient_of, verse_series


@pytest.mark.parametrize(("stem", "case_id"), [("a", "a"), ("a_ct", "a"), ("case_1_0000", "case_1"), ("a.b", "a.b")])
def test_images(stem: str, case_id: str) -> None:
    assert image_case_id(stem) == case_id


@pytest.mark.parametrize(
    "name",
    [
        "a.mrk.json",
        "a.MRK.JSON",
        "a.fcsv",
        "a.xml",
        "a.lml",
        "a.txt",
        "a_ct.fcsv",
        "a_ct_markers.xml",
        "a_0000_centroids.mrk.json",
        "a_centroids.lml",
        "a_grades.txt",
        "a_ctd.json",
        "a_seg-vb_ctd.json",
        "a_iso-ctd.json",
        "a-iso-ctd.json",
    ],
)
def test_an_annotation_belongs_to_the_image_of_its_name(name: str) -> None:
    assert annotation_case_id(Path("folder", name)) == "a"


@pytest.mark.parametrize(
    ("name", "case_id"),
    [
        ("sub-verse004_split-verse253_seg-subreg_ctd.json", "sub-verse004_split-verse253"),
        ("verse506_CT-iso_iso-ctd.json", "verse506_CT-iso"),
        ("GL003_CT_ax_iso-ctd.json", "GL003_CT_ax"),
        ("scan.1.xml", "scan.1"),
    ],
)
def test_published_names(name: str, case_id: str) -> None:
    assert annotation_case_id(Path(name)) == case_id


@pytest.mark.parametrize(
    ("case_id", "patient"),
    [
        ("sub-verse004_split-verse253", "sub-verse004"),
        ("sub-verse004", "sub-verse004"),
        ("verse400_verse090_CT-iso", "verse400"),
        ("verse400_CT-iso", "verse400_CT-iso"),
        ("a", "a"),
    ],
)
def test_series_of_a_subject_share_a_patient(case_id: str, patient: str) -> None:
    assert patient_of(case_id) == patient


@pytest.mark.parametrize(
    ("case_id", "series"),
    [
        ("sub-verse401_split-verse253", 253),
        ("sub-verse014", 14),
        ("verse014", 14),
        ("verse512_CT-iso", 512),
        ("verse400_verse090_CT-iso", 90),
        ("GL003_CT_ax", None),
        ("verse014b", None),
        ("universe014", None),
        ("case_14", None),
    ],
)
def test_a_series_has_one_number_in_all_releases(case_id: str, series: int | None) -> None:
    assert verse_series(case_id) == series

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.images.pairing import list_images
from dataset_conversion.images.studies.case_ids import check_template
from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.spine.errors import InputError
from tests.dataset_conversion.images.studies.exports import slices, write


def names(root: Path, template: str | None) -> list[str]:
    return list(list_images(root, DicomSelection(case_id=template)).case_ids.values())


def two_studies(root: Path) -> Path:
    for number in (1, 2):
        study = slices(f"1.2.{number}0", StudyInstanceUID=f"1.2.{number}", PatientID="Doe/17", Modality="CT")
        write(root / f"folder{number}", study)
    return root


def test_tags_are_hashed(tmp_path: Path) -> None:
    write(tmp_path / "a", slices("1.2.10", PatientID="abc"))
    assert names(tmp_path, "{PatientID}") == ["ba7816bf8f01"]  # the beginning of the SHA-256 sum, as of pseudonyms
    assert names(tmp_path, "ct-{PatientID}_{StudyDate:plain}") == ["ct-ba7816bf8f01_20240131"]


def test_plain_values_are_safe_in_paths(tmp_path: Path) -> None:
    write(tmp_path / "a", slices("1.2.10", PatientID="../Doe 17", StudyDate=""))
    assert names(tmp_path, "{PatientID:plain}_{StudyDate}_{AccessionNumber}") == [".._Doe_17_none_none"]


def test_equal_names_are_told_apart_whatever_else_is_found(tmp_path: Path) -> None:
    both = names(two_studies(tmp_path / "both"), "{PatientID:plain}")
    assert len(set(both)) == 2
    assert all(name.startswith("Doe_17_") and len(name) == 13 for name in both)


def test_folders_give_the_names_without_a_template(tmp_path: Path) -> None:
    assert names(two_studies(tmp_path), None) == ["folder1", "folder2"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("case", "no tag; expected some in braces, as in {PatientID}_{StudyDate}"),
        ("{PatientId}", "tag 'PatientId' is unknown; expected a keyword of DICOM such as PatientID"),
        ("{PatientID", "expected '}' before end of string"),
        ("a/{PatientID}", "'a/'; expected letters, digits"),
        ("{PatientID:>20}", "{PatientID:>20}; expected {PatientID} or {PatientID:plain}"),
        ("{PatientID!r}", "expected {PatientID} or {PatientID:plain}"),
        ("{}", "no tag"),
    ],
)
def test_bad_templates(template: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        check_template(template)
    assert words in str(caught.value)
    assert all(problem.startswith(f"--case-id {template}: ") for problem in caught.value.problems)


@given(st.text("{}:!aPI/", max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_template_is_taken_or_refused(template: str) -> None:
    with suppress(InputError):
        check_template(template)

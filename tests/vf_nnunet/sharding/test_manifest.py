"""Manifests are read and written whole and fast, and their problems named all at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_conversion.spine.errors import InputError
from vf_nnunet.sharding.manifest import (
    NAMED_PROBLEMS,
    ManifestCase,
    changes,
    check_cases,
    read_manifest,
    write_manifest,
)

numbers = st.none() | st.integers(0, 2**53)
case_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,12}", fullmatch=True)
rows = st.builds(ManifestCase, case_ids, st.from_regex(r"/[a-z ,\"]{0,6}x", fullmatch=True), numbers, numbers)


@settings(max_examples=25)
@given(cases=st.lists(rows, min_size=1, max_size=6), ending=st.sampled_from([".csv", ".parquet"]))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, cases: list[ManifestCase], ending: str
) -> None:
    path = tmp_path_factory.mktemp("manifest") / f"cts{ending}"
    write_manifest(path, cases)
    assert read_manifest(path) == cases


def test_relative_paths_case_ids_of_digits_and_unknown_sizes(tmp_path: Path) -> None:
    path = tmp_path / "cts.csv"
    path.write_text("path,hospital,case\n001.nii.gz,x,001\n../b.nii.gz,x,NA\n", encoding="utf-8")
    assert read_manifest(path) == [
        ManifestCase("001", str(tmp_path / "001.nii.gz")),
        ManifestCase("NA", str(tmp_path.parent / "b.nii.gz")),
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("case,file\na,b\n", ["no column path but case, file; expected case, path, size, mtime"]),
        ("case,path\n", ["no rows; expected one for each CT"]),
        ("case,path\n,b\na,\n", ["row 1: case is ''", "row 2: path is ''"]),
        ("case,path,size\na,b,large\n", ["row 1: size is 'large'; expected a whole number or nothing"]),
        ("", ["cannot be read"]),
    ],
)
def test_a_table_that_is_no_manifest(tmp_path: Path, text: str, problems: list[str]) -> None:
    path = tmp_path / "cts.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_manifest(path)
    assert len(caught.value.problems) == len(problems)
    assert all(expected in line for expected, line in zip(problems, caught.value.problems, strict=True))
    assert all(str(path) in line for line in caught.value.problems)


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_manifest(tmp_path / "cts.csv")


def test_files_are_looked_for(tmp_path: Path) -> None:
    here = tmp_path / "a.nii.gz"
    here.write_bytes(b"1234")
    status = here.stat()
    whole = ManifestCase("a", str(here), 4, int(status.st_mtime))
    check_cases(tmp_path, [whole, ManifestCase("folder", str(tmp_path), 17, 3)])
    with pytest.raises(InputError) as caught:
        check_cases(tmp_path, [whole._replace(size=5), ManifestCase("a b", str(tmp_path / "b.nii.gz"))])
    unsafe, changed, missing = caught.value.problems
    assert "case 'a b'; expected letters" in unsafe
    assert f"{here}: size and time 4, {whole.mtime}; expected 5, {whole.mtime} as the manifest says" in changed
    assert "b.nii.gz: No such file or directory" in missing


def test_many_problems_are_counted(tmp_path: Path) -> None:
    cases = [ManifestCase(f"case{number}", str(tmp_path / f"{number}.nii.gz")) for number in range(1000)]
    with pytest.raises(InputError) as caught:
        check_cases(tmp_path, cases)
    assert len(caught.value.problems) == NAMED_PROBLEMS + 1
    assert "980 more problems" in caught.value.problems[-1]


def test_changes_are_told_by_kind() -> None:
    a, b, c = (ManifestCase(name, f"/{name}", 1, 1) for name in "abc")
    assert changes([a, b], [a, b]) == []
    assert changes([a, b], [b._replace(size=2), c]) == ["1 cases added: c", "1 cases removed: a", "1 cases changed: b"]

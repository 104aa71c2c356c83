from pathlib import Path

from dataset_conversion.spine.records.passed_over import PassedOver, describe_passed_over


def test_one_short_line_for_each_reason() -> None:
    folder = Path("in")
    items = [PassedOver(folder / f"{number}.pdf", "not DICOM") for number in range(40)]
    lines = describe_passed_over(folder, [*items, PassedOver(folder / "a/sr.dcm", "Enhanced SR Storage")])
    assert lines == [
        "in: passed over (not DICOM): 0.pdf, 1.pdf, 2.pdf and 37 more",
        "in: passed over (Enhanced SR Storage): a/sr.dcm",
    ]


def test_the_folder_itself_is_named(tmp_path: Path) -> None:
    assert describe_passed_over(tmp_path, [PassedOver(tmp_path, "a perfusion map")]) == [
        f"{tmp_path}: passed over (a perfusion map): {tmp_path}"
    ]

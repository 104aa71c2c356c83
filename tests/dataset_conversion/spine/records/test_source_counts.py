from dataset_conversion.spine.records.source_counts import SourceCount, describe_counts


def test_one_line() -> None:
    counts = {"images": SourceCount(12, 10), "points": SourceCount(61, 58)}
    assert describe_counts(counts) == "images: read 12, used 10; points: read 61, used 58"
    assert describe_counts({}) == ""

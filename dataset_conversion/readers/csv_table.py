"""The project's own form: a vertebra table in LPS mm."""

from collections.abc import Mapping
from pathlib import Path

from dataset_conversion.geometry import ImageHeader
from dataset_conversion.readers.annotation_format import AnnotationFormat, Annotations
from dataset_conversion.vertebra_table import read_vertebra_table


def read(path: Path, images: Mapping[str, ImageHeader]) -> Annotations:
    """Read a vertebra table; see ``vertebra_table`` for the columns.

    Raises:
        ConversionError: all faults of the table.
    """
    vertebrae = read_vertebra_table(path)
    return Annotations(
        cases=frozenset(vertebra.case_id for vertebra in vertebrae),
        vertebrae=tuple(vertebra for vertebra in vertebrae if vertebra.case_id in images),
    )


def _matches(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".csv"


FORMAT = AnnotationFormat(name="csv", matches=_matches, read=read)

from pathlib import Path

import pytest

from dataset_conversion.checks.spaces import check_spaces, format_space
from dataset_conversion.spine.bone.rival_spaces import CaseFit

SOURCE = Path("table.csv")


@pytest.mark.parametrize(
    ("fit", "severity", "words"),
    [
        (CaseFit((False,) * 4, {format_space("csv-ras"): (True,) * 4}, False), "error", "choose --format csv-ras"),
        (CaseFit((False,) * 4, {"z": (True,) * 4}, False), "error", "but 4 as z; expected bodies: correct"),
        (CaseFit((False,) * 4, {"z": (False,) * 4}, True), "error", "(no bone nearby); expected bone in each"),
        (CaseFit((False,) * 4, {"z": (False,) * 4}, False), "warning", "0 of 4 centroids in 1 case (a)"),
    ],
)
def test_the_report(fit: CaseFit, severity: str, words: str) -> None:
    (problem,) = check_spaces(SOURCE, {"a": fit})
    assert problem.severity == severity
    assert problem.message.startswith("table.csv: ")
    assert words in problem.message


def test_centroids_in_bone_are_no_problem() -> None:
    assert check_spaces(SOURCE, {"a": CaseFit((True,) * 4, {"z": (True,) * 4}, False)}) == []

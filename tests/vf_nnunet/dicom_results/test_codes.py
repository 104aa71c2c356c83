"""The codes of the objects against those that pydicom and the documentation list."""

from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes as listed

from dataset_conversion.spine.levels import LEVELS, SUPERNUMERARY_LEVELS
from vf_nnunet.dicom_results import codes

DOCUMENT = Path(__file__).parents[3] / "docs" / "dicom.md"


def all_codes() -> list[CodedConcept]:
    """Every code of the module, and those of the supernumerary levels."""
    found: list[CodedConcept] = [codes.level_code(level) for level in sorted(SUPERNUMERARY_LEVELS)]
    for value in vars(codes).values():
        members = value.values() if isinstance(value, MappingProxyType) else value
        found += [one for one in (members if isinstance(members, Iterable) else ()) if isinstance(one, CodedConcept)]
        found += [value] if isinstance(value, CodedConcept) else []
    return found


def test_levels_have_the_codes_that_pydicom_lists() -> None:
    for level in LEVELS:
        if level in SUPERNUMERARY_LEVELS or level.startswith("S"):
            continue
        code, expected = codes.level_code(level), getattr(listed.SCT, f"{level}Vertebra")
        assert (code.value, code.scheme_designator, code.meaning) == (expected.value, "SCT", expected.meaning)


def test_a_level_that_is_not_certain_is_a_vertebra() -> None:
    assert codes.level_code(None) == codes.VERTEBRA
    assert codes.level_code("L6").scheme_designator == codes.SCHEME


def test_private_codes_are_short_unique_and_documented() -> None:
    private = [code for code in all_codes() if code.scheme_designator == codes.SCHEME]
    assert len({code.value for code in private}) == len(private) > 20
    text = DOCUMENT.read_text(encoding="utf-8")
    for code in private:
        assert len(code.value) <= 16
        assert len(code.meaning) <= 64
        assert f"| `{code.value}` | {code.meaning} |" in text


def test_standard_codes_are_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [code for code in all_codes() if code.value not in text] == []

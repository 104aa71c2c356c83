"""The codes of the DICOM objects: standard ones, and a private scheme where there is none (`docs/dicom.md`)."""

from collections.abc import Mapping
from types import MappingProxyType

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.sr import CodedConcept

SCHEME = "99VFNNUNET"
"""Designator of the private coding scheme."""
SNOMED, DICOM, UCUM = "SCT", "DCM", "UCUM"


def standard(value: str, meaning: str, scheme: str = SNOMED) -> CodedConcept:
    """A code of a standard scheme, by default SNOMED CT."""
    return CodedConcept(value, scheme, meaning)


def private(value: str, meaning: str) -> CodedConcept:
    """A code of the private scheme."""
    return CodedConcept(value, SCHEME, meaning)


def private_scheme() -> CodingSchemeIdentificationItem:
    """The description of the private scheme that each object with one of its codes holds."""
    return CodingSchemeIdentificationItem(
        SCHEME, name="Codes of vf_nnunet", version="1", responsible_organization="vf_nnunet"
    )


VERTEBRA = standard("51282000", "Vertebra")
VERTEBRAL_COLUMN = standard("421060004", "Structure of vertebral column")
FRACTURE = standard("42942008", "Compression fracture of vertebral column")
ANATOMICAL_STRUCTURE = standard("91723000", "Anatomical Structure")
ABNORMAL_STRUCTURE = standard("49755003", "Morphologically Abnormal Structure")
POSITIVE = standard("10828004", "Positive")
NEGATIVE = standard("260385009", "Negative")
UNDETERMINED = standard("373068000", "Undetermined")
CT = standard("25045-6", "CT unspecified body region", "LN")
ENGLISH = standard("en", "English", "RFC5646")
PROBABILITY = standard("122157", "Probability", DICOM)
VOLUME = standard("118565006", "Volume")
CENTRE = standard("111010", "Center", DICOM)
OF_INTEREST = standard("113000", "Of Interest", DICOM)
MEDIAN_ATTENUATION = standard("112182", "Median Attenuation Coefficient", DICOM)

NO_UNITS = standard("1", "no units", UCUM)
MILLIMETRE = standard("mm", "millimeter", UCUM)
CUBIC_MILLIMETRE = standard("mm3", "cubic millimeter", UCUM)
HOUNSFIELD = standard("[hnsf'U]", "Hounsfield unit", UCUM)

SCORE = private("SCORE", "Fracture score of the network")
PEAK = private("PEAK_PROB", "Largest fracture probability of a voxel")
LEVEL_PROBABILITY = private("LEVEL_PROB", "Probability of the level")
FINDINGS = private("FINDINGS", "Number of findings")
PROBABILITY_THRESHOLD = private("PROB_THRESHOLD", "Lowest probability of a voxel of a finding")
NOISE_THRESHOLD = private("NOISE_THRESHOLD", "Smallest volume of a finding")
VERTEBRA_THRESHOLD = private("VERT_THRESHOLD", "Lowest score of a positive vertebra")
NOT_EVALUABLE = private("NOT_EVALUABLE", "Why the vertebra is not evaluable")
OPERATING_POINT = private("OPERATING_POINT", "Origin of the operating point")
WARNING = private("WARNING", "Warning")
RESEARCH_ONLY = private("RESEARCH_ONLY", "Research use only")
CENTRE_SPHERE = private("CENTRE_SPHERE", "Sphere around the centre of a vertebral body")

CENTRE_COORDINATES = (
    private("CENTRE_X", "Centre, x in LPS"),
    private("CENTRE_Y", "Centre, y in LPS"),
    private("CENTRE_Z", "Centre, z in LPS"),
)
GRADE_PROBABILITIES: Mapping[str, CodedConcept] = MappingProxyType(
    {
        "normal": private("GRADE0_PROB", "Probability of Genant grade 0, normal"),
        "mild": private("GRADE1_PROB", "Probability of Genant grade 1, mild"),
        "moderate": private("GRADE2_PROB", "Probability of Genant grade 2, moderate"),
        "severe": private("GRADE3_PROB", "Probability of Genant grade 3, severe"),
    }
)
HEIGHTS: Mapping[str, CodedConcept] = MappingProxyType(
    {
        "anterior": private("HEIGHT_ANTERIOR", "Anterior height of the vertebral body"),
        "middle": private("HEIGHT_MIDDLE", "Middle height of the vertebral body"),
        "posterior": private("HEIGHT_POSTERIOR", "Posterior height of the vertebral body"),
    }
)
HEIGHT_LOSSES: Mapping[str, CodedConcept] = MappingProxyType(
    {
        "own": private("LOSS_OWN", "Loss of height against its own tallest height"),
        "neighbour": private("LOSS_NEIGHBOUR", "Loss of height against a neighbouring vertebra"),
    }
)

_LEVEL_VALUES: Mapping[str, str] = MappingProxyType(
    {
        **{"C1": "14806007", "C2": "39976000", "C3": "113205007", "C4": "5329002", "C5": "36978003"},
        **{"C6": "36054005", "C7": "87391001", "T1": "64864005", "T2": "53733008", "T3": "1626008"},
        **{"T4": "73071006", "T5": "56401006", "T6": "45296009", "T7": "62487009", "T8": "11068009"},
        **{"T9": "82687006", "T10": "7610001", "T11": "12989004", "T12": "23215003", "L1": "66794005"},
        **{"L2": "14293000", "L3": "36470004", "L4": "11994002", "L5": "49668003"},
    }
)
_SUPERNUMERARY = ("T13", "L6")


def level_code(level: str | None) -> CodedConcept:
    """The code of a vertebra; SNOMED CT has none for T13 and L6.

    Args:
        level: Its name; None if it is not certain, which gives the code of any vertebra.
    """
    if level in _SUPERNUMERARY:
        return private(f"{level}_VERTEBRA", f"{level} vertebra")
    value = _LEVEL_VALUES.get(level or "")
    return VERTEBRA if value is None else standard(value, f"{level} vertebra")

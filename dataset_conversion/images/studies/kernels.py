"""Convolution kernels of CT scanners by name: soft ones for tissue, sharp ones for edges of bone and for lung.

DICOM does not code them. Siemens' numbers are from the SOMATOM Sensation Cardiac's instructions (page 316): B30 and B40
are the standard for body tissue, and B50 to B80 are for higher sharpness. BRIDG 5.3.1 names B30, Standard (GE) and FC03
(Toshiba) as soft. The other names are as these scanners show them, without a source that lists them.
"""

import re
from enum import IntEnum

SHARPEST_SOFT = 49
"""Highest number of a soft kernel of Siemens, as in B30f, I40f, Br44d, Qr36 and Hr49."""

_NUMBERED = re.compile(r"^(?:B|I|D|U|T|H|Br|Bf|Bl|Bv|Bp|Hr|Hc|Hf|Hv|Hp|Qr|Sa|Sd|Ub|Ur|Ua|J)(\d\d)[a-z]{0,2}\b")
_CANON = re.compile(r"^FC\s?(\d\d)")
_WORDS = {
    "soft": ("STANDARD", "SOFT", "STND", "SMOOTH", "BODY", "TISSUE", "ABDOMEN"),
    "sharp": ("BONE", "EDGE", "LUNG", "ULTRA", "DETAIL", "SHARP", "BONEPLUS", "CHEST", "Y-DETAIL"),
}
_PHILIPS = dict.fromkeys(("A", "B", "C", "SA", "SB", "SC", "UA", "UB", "UC"), "soft") | dict.fromkeys(
    ("D", "E", "F", "L", "YA", "YB", "YC", "YD", "YE", "EB", "EC"), "sharp"
)


class Sharpness(IntEnum):
    """How a kernel treats edges, in the order in which kernels are preferred."""

    SOFT = 0
    UNKNOWN = 1
    SHARP = 2


def sharpness(kernel: str) -> Sharpness:
    """The sharpness of a ConvolutionKernel, alone or with the strength of an iterative reconstruction."""
    name = kernel.strip().strip("[]'\" ").split("\\")[0].split(",")[0].strip("'\" ")
    if numbered := _NUMBERED.match(name):
        return Sharpness.SOFT if int(numbered[1]) <= SHARPEST_SOFT else Sharpness.SHARP
    if canon := _CANON.match(name):
        return _of_canon(int(canon[1]))
    word = _PHILIPS.get(name.upper()) or next(
        (word for word, parts in reversed(_WORDS.items()) if any(part in name.upper() for part in parts)), None
    )
    return Sharpness.UNKNOWN if word is None else Sharpness[word.upper()]


def _of_canon(number: int) -> Sharpness:
    """Canon and Toshiba: FC01 to FC29 are for soft tissue of body and head, higher ones for bone and lung."""
    return Sharpness.SOFT if number < 30 else Sharpness.SHARP

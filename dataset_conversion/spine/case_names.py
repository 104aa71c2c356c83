"""Case ids in file names, by which images, centroids and grades are paired."""

import re
from hashlib import sha256
from pathlib import Path

_IMAGE_SUFFIX = re.compile(r"(_ct|_0000)$")
_ENDING = re.compile(r"\.(mrk\.json|json|fcsv|xml|lml|txt)$", re.IGNORECASE)
_ANNOTATION_SUFFIX = re.compile(r"(_seg-[^_]+)?([_-]iso-ctd|_ctd|_markers|_centroids|_grades)$")
_SUBJECT = re.compile(r"(sub-verse\d+)_split-verse\d+|(verse\d+)_verse\d+.*")
_SERIES = re.compile(r"(?:sub-verse\d+_split-|verse\d+_|sub-)?verse(\d+)(?:_CT.*)?")
_DIGITS = 12


def short_digest(text: str) -> str:
    """The beginning of the SHA-256 sum of a text, which stands for an identifier that names must not show."""
    return sha256(text.encode()).hexdigest()[:_DIGITS]


def image_case_id(stem: str) -> str:
    """The case id in the name of an image without its ending: the name without a trailing `_ct` or `_0000`."""
    return _IMAGE_SUFFIX.sub("", stem)


def annotation_case_id(file: Path) -> str:
    """The case id in the name of a file with one case's annotation.

    It is the name without its ending, without `_ctd`, `_markers`, `_centroids` or `_grades` and VerSe's `_seg-...`, and
    without the suffixes that `image_case_id` removes: `a_ct_markers.xml` belongs to `a_ct.nii.gz`.
    """
    return image_case_id(_ANNOTATION_SUFFIX.sub("", _ENDING.sub("", file.name)))


def patient_of(case_id: str) -> str:
    """The patient, where only the case id is known. VerSe's names say which series show one subject."""
    match = _SUBJECT.fullmatch(case_id)
    return (match[1] or match[2]) if match else case_id


def verse_series(case_id: str) -> int | None:
    """The number of a VerSe image series: 253 for both sub-verse401_split-verse253 and verse253.

    It is the same in all releases. None for names that are not VerSe's.
    """
    match = _SERIES.fullmatch(case_id)
    return int(match[1]) if match else None

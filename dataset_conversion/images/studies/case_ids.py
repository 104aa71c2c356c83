"""Names of the cases of DICOM series: those of their folders, or made of tags by a template.

Tags enter a name as the beginning of their SHA-256 sum, because names of files travel where patient data must not. That
hides a value from view, but not from someone who tries out all hospital numbers.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

from dataset_conversion.images.dicom.files import DICOM_ENDINGS, read_dicom_header
from dataset_conversion.images.studies.selection import DicomSelection
from dataset_conversion.spine.case_names import image_case_id, short_digest
from dataset_conversion.spine.errors import InputError
from dataset_conversion.spine.image_source import DicomSeries

DEFAULT_TEMPLATE = "{PatientID}_{StudyDate}"
"""Names cases whose folders do not tell them apart."""

PLAIN = "plain"
"""The format of a tag that enters a name as it is, as in `{StudyDate:plain}`."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_TOLD_APART = 6
"""Digits that tell cases apart whose tags are the same."""


class _Part(NamedTuple):
    """Text of a template, and the tag behind it; no tag behind the last text."""

    text: str
    tag: str | None
    is_plain: bool


def case_ids(series: Sequence[DicomSeries], selection: DicomSelection) -> dict[DicomSeries, str]:
    """The case id of each series.

    Without a template it is the name of its folder, or of its file if that is one with an ending of DICOM beside
    others. Several series of one folder are named by `DEFAULT_TEMPLATE`.

    Raises:
        InputError: If the template is none, or has a tag that DICOM does not know.
    """
    if selection.case_id is not None:
        return _by_template(series, _parse(selection.case_id))
    names = {one: name for one in series if (name := _folder_name(one, series)) is not None}
    rest = [one for one in series if one not in names]
    return names | _by_template(rest, _parse(DEFAULT_TEMPLATE))


def check_template(template: str) -> None:
    """Check a template without any file.

    Raises:
        InputError: As for `case_ids`.
    """
    _parse(template)


def _folder_name(one: DicomSeries, series: Sequence[DicomSeries]) -> str | None:
    """The name of the folder that a series has for itself, or of its file; None if neither tells it apart."""
    folders = [other.folder for other in series if other is not one]
    if _is_spread(one) and any(folder.is_relative_to(one.folder) for folder in folders):
        return None
    if one.folder in folders:
        return _file_name(one)
    return image_case_id(one.folder.name or one.folder.resolve().name)


def _is_spread(one: DicomSeries) -> bool:
    """Whether the files lie in several folders below that of the series."""
    return any(path.parent != one.folder for path in one.files)


def _file_name(one: DicomSeries) -> str | None:
    (first, *more) = one.files
    is_named = not more and first.name.lower().endswith(DICOM_ENDINGS)
    return image_case_id(first.stem) if is_named else None


def _parse(template: str) -> list[_Part]:
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise InputError(f"--case-id {template}: {error}; expected tags in braces, as in {DEFAULT_TEMPLATE}") from error
    problems = [problem for field in parsed for problem in _problems(*field)]
    if not any(tag for _, tag, _, _ in parsed):
        problems.append(f"no tag; expected some in braces, as in {DEFAULT_TEMPLATE}")
    if problems:
        raise InputError([f"--case-id {template}: {problem}" for problem in problems])
    return [_Part(text, tag, form == PLAIN) for text, tag, form, _ in parsed]


def _problems(text: str, tag: str | None, form: str | None, conversion: str | None) -> Iterator[str]:
    """What is wrong with a text and the tag behind it."""
    from pydicom.datadict import keyword_dict

    if _UNSAFE.search(text):
        yield f"{text!r}; expected letters, digits, '.', '_' and '-' around the tags"
    if tag is not None and tag not in keyword_dict:
        near = get_close_matches(tag, keyword_dict, 1)
        yield f"tag {tag!r} is unknown; expected a keyword of DICOM such as {(near or ['PatientID'])[0]}"
    if form not in (None, "", PLAIN) or conversion:
        yield f"{{{tag}:{form}}}; expected {{{tag}}} or {{{tag}:{PLAIN}}}"


def _by_template(series: Sequence[DicomSeries], parts: Sequence[_Part]) -> dict[DicomSeries, str]:
    """Equal names get a part of the sums of the series' UIDs, so that they do not depend on the other series."""
    names = {one: _filled(parts, _tags(one.files, parts)) for one in series}
    count = Counter(names.values())
    apart = {one: f"{name}_{short_digest(one.uid)[:_TOLD_APART]}" for one, name in names.items() if count[name] > 1}
    return names | apart


def _filled(parts: Sequence[_Part], tags: Mapping[str, str]) -> str:
    return "".join(part.text + _value(part, tags) for part in parts)


def _value(part: _Part, tags: Mapping[str, str]) -> str:
    if part.tag is None:
        return ""
    value = tags.get(part.tag, "")
    if not value:
        return "none"
    return _UNSAFE.sub("_", value) if part.is_plain else short_digest(value)


def _tags(files: Sequence[Path], parts: Sequence[_Part]) -> dict[str, str]:
    """The tags of the first file that can be read."""
    names = [part.tag for part in parts if part.tag is not None]
    for path in files:
        try:
            header = read_dicom_header(path, names)
        except InputError:
            continue
        return {name: _text(header.get(name)) for name in names}
    return {}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value).strip()

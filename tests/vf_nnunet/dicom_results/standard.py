"""The tables of the DICOM standard in the form of dicom-validator, which downloads them from the standard's site.

They come from the package dicom-standard (edition of 2020), so that the tests need no network.
"""

import html
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDER = Path(sys.prefix) / "standard"
"""Where the package dicom-standard puts its tables."""
IODS = ("segmentation", "comprehensive-3d-sr", "key-object-selection-document", "secondary-capture-image", "ct-image")
_FUNCTIONAL_GROUPS = ("(5200,9229)", "(5200,9230)")
_CONTENT = "(0040,A730)"
_REFERENCES, _NUMBERS = "(0008,1199)", ("(0008,1160)", "(0062,000B)")
"""References, and the numbers of frames and segments in them, which only images have."""
_OF_VALUE_TYPES = {
    "(0008,1199)": ["COMPOSITE", "IMAGE", "WAVEFORM"],
    "(0040,A050)": ["CONTAINER"],
    "(0040,A130)": ["TCOORD"],
    "(0040,A138)": ["TCOORD"],
    "(0040,A13A)": ["TCOORD"],
    "(0040,A168)": ["CODE"],
    "(0040,A300)": ["NUM"],
    "(0070,0022)": ["SCOORD", "SCOORD3D"],
    "(0070,0023)": ["SCOORD", "SCOORD3D"],
    "(3006,0024)": ["SCOORD3D"],
}
"""The value types whose macros hold a tag (PS3.3, C.17.3), which the tables list without the condition."""


def missing_judge() -> str:
    """Why dicom-validator cannot judge here; empty if it can."""
    if find_spec("dicom_validator") is None:
        return "dicom-validator is not installed"
    return "" if (FOLDER / "module_to_attributes.json").is_file() else "dicom-standard is not installed"


def read_standard() -> Any:
    """What dicom-validator needs to know of the standard (`DicomInfo`)."""
    from dicom_validator.spec_reader.condition_parser import ConditionParser
    from dicom_validator.validator.dicom_info import DicomInfo

    dictionary = {
        entry["tag"].upper(): {"name": entry["name"], "vr": entry["valueRepresentation"], "vm": "", "prop": ""}
        for entry in _table("attributes")
    }
    parser = ConditionParser(dictionary)
    uses = {
        key: [entry for entry in _table(table) if entry["ciodId"] in IODS]
        for table, key in (("ciod_to_modules", "moduleId"), ("ciod_to_fg_macros", "macroId"))
    }
    modules: dict[str, dict[str, Any]] = {}
    for table, key in (("module_to_attributes", "moduleId"), ("macro_to_attributes", "macroId")):
        modules |= _attributes(_table(table), key, {entry[key] for entry in uses[key]}, dictionary, parser)
    for module in modules.values():
        _repeat(module)
    classes = {_identifier(entry["ciod"]): entry["id"] for entry in _table("sops")}
    iods = {classes[iod]: _iod(iod, uses, parser) for iod in IODS}
    return DicomInfo(dictionary, iods, modules)


def _iod(name: str, uses: Mapping[str, Sequence[Mapping[str, Any]]], parser: Any) -> dict[str, Any]:
    """An IOD with its modules and functional groups."""
    own = {key: [entry for entry in entries if entry["ciodId"] == name] for key, entries in uses.items()}
    modules, macros = ({entry[key]: _use(entry, key, parser) for entry in own[key]} for key in ("moduleId", "macroId"))
    return {"title": name, "modules": modules, "group_macros": macros}


def _table(name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _use(entry: Mapping[str, Any], key: str, parser: Any) -> dict[str, Any]:
    use: dict[str, Any] = {"ref": entry[key], "use": entry["usage"]}
    if entry["conditionalStatement"]:
        use["cond"] = parser.parse(f"C - {entry['conditionalStatement']}").result_dict()
    return use


def _attributes(
    table: Iterable[Mapping[str, Any]], key: str, used: Iterable[str], dictionary: Mapping[str, Any], parser: Any
) -> dict[str, dict[str, Any]]:
    modules: dict[str, dict[str, Any]] = {name: {} for name in used}
    for entry in table:
        if entry[key] not in modules:
            continue
        place = modules[entry[key]]
        *above, own = list(_tags(entry["path"]))
        for tag in above:
            place = place[tag].setdefault("items", {})
        attribute = place[own] = {"name": dictionary.get(own, {"name": own})["name"], "type": entry["type"]}
        if entry["type"] in ("1C", "2C"):
            text = html.unescape(re.sub(r"<[^>]*>", " ", entry["description"]))
            attribute["cond"] = parser.parse(re.sub(r"\s+", " ", text).strip()).result_dict()
    return modules


def _tags(path: str) -> Iterator[str]:
    for tag in path.split(":")[1:]:
        yield f"({tag[:4]},{tag[4:]})".upper().replace("X", "x")


def _repeat(module: dict[str, Any]) -> None:
    """What the tables leave out: the content of content, the conditions of macros, and the functional groups."""
    for tag in _FUNCTIONAL_GROUPS:
        if tag in module:
            module[tag]["items"] = {"include": [{"ref": "FuncGroup"}]}
    if _CONTENT in module:
        items = module[_CONTENT]["items"]
        items.setdefault(_CONTENT, {"name": "Content Sequence", "type": "3"})["items"] = items
        for attributes in (module, items):
            _add_conditions(attributes)


def _add_conditions(attributes: dict[str, Any]) -> None:
    for tag, types in _OF_VALUE_TYPES.items():
        if tag in attributes:
            condition = {"type": "MN", "op": "=", "tag": "(0040,A040)", "index": 0, "values": types}
            attributes[tag] |= {"type": "1C", "cond": condition}
    for tag in _NUMBERS:
        attributes[_REFERENCES]["items"].setdefault(tag, {"name": tag, "type": "3"})

"""The files of the page. They are known by name, so that no address can ask for another file."""

from dataclasses import dataclass
from importlib.resources import files

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}

INDEX = "index.html"


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        content: What is sent.
        media_type: Its type, for the browser.
    """

    content: bytes
    media_type: str


def page_files() -> dict[str, PageFile]:
    """All files of the page by name."""
    folder = files("vf_nnunet.annotation") / "page"
    found = {}
    for file in folder.iterdir():
        ending = file.name[file.name.rfind(".") :]
        if ending in _TYPES:
            found[file.name] = PageFile(file.read_bytes(), f"{_TYPES[ending]}; charset=utf-8")
    return found

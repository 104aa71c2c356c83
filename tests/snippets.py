"""The code that the documentation shows: fenced blocks and commands within the text."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_COMMANDS = ("vf_nnunet ensemble",)
"""What looks like a command: the name of the model file's format."""
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
_PROGRAM = re.compile(r"vf_nnunet|make|python|nnUNetv2_\w+")
_ASSIGNMENT = re.compile(r"[A-Za-z_]+=")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    language: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command's words, the page that shows it, and whether it is a whole command."""

    page: str
    words: tuple[str, ...]
    whole: bool = True

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def blocks(language: str) -> list[Block]:
    """All blocks of a language."""
    found = []
    for page in PAGES:
        for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
            if match[1] == language:
                found.append(Block(str(page.relative_to(ROOT)), match[1], match[2]))
    return found


def block_commands() -> list[Command]:
    """Each command of the shell blocks, also those whose output another one takes; assignments are left out."""
    return [Command(block.page, words) for block in blocks("sh") for words in _commands(block.text)]


def inline_commands() -> list[Command]:
    """Commands within the text, such as `vf_nnunet plan -d 701`; required arguments may be left out there."""
    found = []
    for page in PAGES:
        text = _FENCE.sub("", page.read_text(encoding="utf-8"))
        for code in _CODE.findall(text):
            words = tuple(code.split())
            if len(words) > 1 and _PROGRAM.fullmatch(words[0]) and code not in NOT_COMMANDS:
                found.append(Command(str(page.relative_to(ROOT)), words, whole=False))
    return found


def _commands(text: str) -> Iterator[tuple[str, ...]]:
    for line in text.replace("\\\n", " ").splitlines():
        for inner in _SUBSTITUTION.findall(line):
            yield tuple(shlex.split(inner))
        words = shlex.split(line, comments=True)
        while words and _ASSIGNMENT.match(words[0]):
            words = words[1:]
        if words and words[0] != "export":
            yield tuple(words)

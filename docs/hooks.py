"""What `mkdocs build` adds to the pages: the help text of each command."""

import re
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from vf_nnunet.cli import build_parser

PLACE = re.compile(r"^<!-- help: ([a-z-]+) -->$", re.MULTILINE)


def subparsers() -> Mapping[str, ArgumentParser]:
    """The parser of each subcommand."""
    found: list[Any] = [action.choices for action in build_parser()._actions if action.dest == "command"]
    return dict(found[0])


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put a command's help where a page asks for it with `<!-- help: COMMAND -->`."""
    parsers = subparsers() if PLACE.search(markdown) else {}
    return PLACE.sub(lambda place: f"```text\n{parsers[place[1]].format_help()}```", markdown)

"""A browser without a screen, for tests of pages."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

# WebGL 2 without a graphics card.
SOFTWARE_DRAWING = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")

PATIENCE_MS = 180_000


@dataclass
class Opened:
    """A page and what it said and asked for since it was opened."""

    page: Any
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def running_browser(*options: str) -> Iterator[Any]:
    """Chromium for a fixture of a module; the test is skipped where there is none.

    Playwright runs once at a time in a process, so that no browser may be left open for other modules.

    Args:
        options: Options of Chromium, such as `SOFTWARE_DRAWING` for pages that need WebGL.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=program, args=[*options, "--no-sandbox"])
        yield opened
        opened.close()


def open_page(browser: Any, path: Path, width: int = 1100, height: int = 900, part: str = "") -> Opened:
    """Open a file, and listen to what it says and asks for.

    Args:
        browser: As `running_browser` gives it.
        path: The page.
        width: Width of the window.
        height: Height of the window.
        part: What follows # in the address.
    """
    page = browser.new_page(viewport={"width": width, "height": height})
    # Drawing without a graphics card takes long on a machine that is busy.
    page.set_default_timeout(PATIENCE_MS)
    seen = Opened(page)
    page.on("console", lambda message: seen.messages.append(message.text))
    page.on("pageerror", lambda error: seen.messages.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(path.as_uri() + (f"#{part}" if part else ""))
    return seen

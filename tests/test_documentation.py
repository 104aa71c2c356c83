"""What the documentation shows exists and runs: commands, options, pages, links, diagrams."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataset_conversion.spine.vertebra_table import read_vertebra_table
from docs.diagrams import DIAGRAMS, PACKAGES
from docs.hooks import on_page_markdown, subparsers
from tests.snippets import PAGES, ROOT, Block, Command, block_commands, blocks, inline_commands
from vf_nnunet.cli import COMMANDS, build_parser, main

OTHER_PROGRAMS = ("pip", "git", "pre-commit")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Parsed(Exception):  # noqa: N818
    """Raised in place of running a command whose arguments were accepted."""


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def check_make(words: tuple[str, ...]) -> None:
    assert {word for word in words[1:] if "=" not in word} <= make_targets()


def check_python(words: tuple[str, ...]) -> None:
    if words[1] == "-m":
        module = ROOT / words[2].replace(".", "/")
        assert (module / "__main__.py").is_file() or module.with_suffix(".py").is_file()
        return
    assert (ROOT / words[1]).is_file()


def check_own(words: tuple[str, ...], whole: bool = True) -> None:
    """The subcommand's parser accepts the arguments; of a command within the text, it knows the options."""
    if whole:
        build_parser().parse_args(words[1:])
    else:
        known = subparsers()[words[1]].format_help()
        assert {word for word in words[2:] if word.startswith("-")} <= set(re.findall(r"(?<!\S)--?[\w-]+", known))


def check_nnunet(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """nnU-Net's function makes its parser and parses; what follows is not run."""
    (entry,) = entry_points(group="console_scripts", name=words[0])
    parse = argparse.ArgumentParser.parse_args

    def parse_and_stop(parser: argparse.ArgumentParser, *_: object) -> None:
        parse(parser, words[1:])
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
    with pytest.raises(Parsed):
        entry.load()()


@pytest.mark.parametrize("command", [*block_commands(), *inline_commands()], ids=str)
def test_commands_and_options_exist(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    program = command.words[0]
    if program == "vf_nnunet":
        check_own(command.words, command.whole)
    elif program.startswith("nnUNetv2_"):
        check_nnunet(command.words, monkeypatch)
    elif program == "make":
        check_make(command.words)
    elif program == "python":
        check_python(command.words)
    else:
        assert Path(program).name in OTHER_PROGRAMS


def test_the_pages_show_commands() -> None:
    """The blocks are found at all."""
    programs = {(command.page, command.words[0], command.words[1]) for command in block_commands()}
    assert sum(found[:2] == ("README.md", "vf_nnunet") for found in programs) >= 6
    assert sum(page == "docs/nnunet_commands.md" and "nnUNetv2_" in name for page, name, _ in programs) >= 5
    assert len(inline_commands()) > 10


@pytest.mark.parametrize("option", ["--no-such-option", "-no_such_option"])
def test_an_unknown_option_would_be_seen(option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        check_own(("vf_nnunet", "plan", "-d", "701", option))
    with pytest.raises(SystemExit):
        check_nnunet(("nnUNetv2_train", "701", "3d_fullres", "0", option), monkeypatch)


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.page)
def test_python_blocks_run(
    block: Block, untrained_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", "-m", str(untrained_model), "-o", "ensemble.vf"]) == 0
    names: dict[str, Any] = {}
    exec(compile(block.text, block.page, "exec"), names)
    assert names["card"]["configuration"] == "3d_fullres"


def test_the_readme_and_the_site_show_the_same_five_commands() -> None:
    shown = [
        [command.words for command in block_commands() if command.page == page and "vf_nnunet" in command.words[0]]
        for page in ("README.md", "docs/own_data.md")
    ]
    assert shown[0][:5] == shown[1][:5]
    assert [words[1] for words in shown[0][:5]] == ["convert", "plan", "train", "evaluate", "predict"]


TABLE = re.compile(r"^case_id,patient_id,.*\n(?:case.*\n)+", re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "docs/own_data.md"])
def test_the_vertebra_table_that_is_shown_can_be_read(page: str, tmp_path: Path) -> None:
    shown = TABLE.search((ROOT / page).read_text(encoding="utf-8"))
    assert shown
    table = tmp_path / "vertebrae.csv"
    table.write_text(shown[0], encoding="utf-8")
    assert [row.vertebra for row in read_vertebra_table(table)] == ["L1", "L2"]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five phantoms in folders with the names that the pages use."""
    folder = tmp_path_factory.mktemp("cohort")
    assert main(["phantom", "-o", str(folder / "phantoms"), "--cases", "5", "--field-of-view", "spine"]) == 0
    (folder / "phantoms" / "images").rename(folder / "cts")
    (folder / "phantoms" / "vertebrae.csv").rename(folder / "vertebrae.csv")
    return folder


def test_convert_runs_as_shown(cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = (
        shown
        for shown in block_commands()
        if shown.page == "README.md" and {"convert", "vertebrae.csv"} <= {*shown.words}
    )
    monkeypatch.chdir(cohort)
    monkeypatch.setenv("nnUNet_raw", str(tmp_path))
    assert main(command.words[1:]) == 0
    assert (tmp_path / "Dataset701_Fractures" / "vertebrae.csv").is_file()


def site() -> Any:
    """mkdocs.yml."""
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def pages_of(entry: Any) -> Iterator[str]:
    """The files of a navigation, at any depth."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry if isinstance(entry, list) else entry.values():
            yield from pages_of(part)


def test_the_site_has_every_page() -> None:
    pages = sorted(pages_of(site()["nav"]))
    assert pages == sorted(str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md"))


def anchor(heading: str) -> str:
    """The anchor of a heading, as the site and GitHub make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        target, _, part = link.partition("#")
        if "://" in target:
            continue
        path = (page.parent / target) if target else page
        assert path.exists(), link
        if part:
            assert part in {anchor(heading) for heading in HEADING.findall(path.read_text(encoding="utf-8"))}, link


def test_the_site_links_to_its_own_files_only() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        links = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))]
        for link in links:
            assert "://" in link or not link or (page.parent / link).resolve().is_relative_to(ROOT / "docs"), link


def test_the_site_builds_without_warnings_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, text=True)
    assert built.returncode == 0, built.stderr
    page = (tmp_path / "api" / "evaluation.html").read_text(encoding="utf-8")
    assert 'id="evaluation.evaluate.evaluate"' in page
    for path in tmp_path.rglob("*.html"):
        assert not re.findall(r"<(?:script|img|link)[^>]*(?:src|href)=\"https?://", path.read_text(encoding="utf-8"))


def test_every_command_has_a_section_with_its_help() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == COMMANDS
    rendered = on_page_markdown(text)
    for command in COMMANDS:
        assert f"usage: vf_nnunet {command} " in rendered
    assert "<!-- help" not in rendered


def test_the_reference_has_every_folder() -> None:
    for package in PACKAGES:
        text = (ROOT / "docs" / "api" / f"{package}.md").read_text(encoding="utf-8")
        named = set(re.findall(rf"^::: {package}\.(\w+)$", text, re.MULTILINE))
        folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
        assert folders <= named
        for name in named:
            assert (ROOT / package / name).is_dir() or (ROOT / package / f"{name}.py").is_file(), name


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_diagrams_are_those_of_the_code(name: str) -> None:
    """Imports between folders and the docstrings of folders are drawn."""
    drawn = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert drawn.splitlines() == DIAGRAMS[name]().splitlines(), "python docs/diagrams.py draws the diagrams anew"


def test_contributing_lists_every_folder() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+/\w+)/` \|", text, re.MULTILINE))
    folders = (path.parent for package in PACKAGES for path in (ROOT / package).glob("*/__init__.py"))
    assert listed == {str(folder.relative_to(ROOT)) for folder in folders}


def test_the_version_is_the_same_everywhere() -> None:
    from vf_nnunet import __version__

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    releases = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert releases[0] == "Unreleased"
    assert releases[1] == __version__
    shown = subprocess.run([sys.executable, "-m", "vf_nnunet", "--version"], capture_output=True, check=True, text=True)
    assert shown.stdout.strip() == f"vf_nnunet {__version__}"

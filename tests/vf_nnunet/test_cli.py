"""The command line: fast help, examples, exit codes."""

import errno
import subprocess
import sys

import pytest

from vf_nnunet.cli import COMMANDS, build_parser, main

HEAVY = ("torch", "nnunetv2", "matplotlib", "sklearn", "pandas", "numpy", "scipy")


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys; import vf_nnunet.cli as c; c.build_parser(); print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_code:
        build_parser().parse_args([command, "--help"])
    assert exit_code.value.code == 0
    text = capsys.readouterr().out
    assert "example:" in text
    assert f"vf_nnunet {command}" in text.partition("example:")[2]


def test_module_and_script_are_one() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "vf_nnunet", "--version"], capture_output=True, encoding="utf-8", check=True
    )
    assert result.stdout.startswith("vf_nnunet ")


def test_problems_are_lines_and_exit_code_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("nnUNet_raw", raising=False)
    assert main(["plan", "-d", "1"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("vf_nnunet plan: nnUNet_raw is not set")
    assert error.count("\n") == 1


def test_a_defect_is_not_taken_for_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(arguments: object) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr("vf_nnunet.commands.describe.run", broken)
    with pytest.raises(ValueError, match="a defect"):
        main(["describe"])


def test_a_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def write(arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "maps/a.nii.gz")

    monkeypatch.setattr("vf_nnunet.commands.describe.run", write)
    assert main(["describe"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("vf_nnunet describe: maps/a.nii.gz: No space left on device; make room")


def test_describe_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "-c", "3d_5slices", "--json"]) == 0
    assert '"subsampled": [\n      51,\n      51,\n      5\n    ]' in capsys.readouterr().out


def test_a_logged_warning_says_that_it_is_one() -> None:
    code = (
        "import logging; from vf_nnunet import cli; from vf_nnunet.commands import describe; "
        "describe.run = lambda _: logging.getLogger('dataset_conversion.convert').warning('8 patients'); "
        "cli.main(['describe'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert result.stderr == "warning: 8 patients\n"

"""The plugin's own exception, and how a command shows it."""


class PluginError(ValueError):
    """Bad input or a wrong setting; the message names what was found and what is wanted, one line a finding."""


def error_lines(program: str, error: ValueError) -> str:
    """One line a finding, for standard error.

    Args:
        program: Name of the command that the user gave.
    """
    return "".join(f"{program}: {line}\n" for line in str(error).splitlines())

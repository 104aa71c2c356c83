"""The plugin's own exception."""


class PluginError(ValueError):
    """Bad input or a wrong setting; the message names what was found and what is wanted, one line a finding."""

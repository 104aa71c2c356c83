"""The subcommands of the command line, one module each.

Each module has `EXAMPLE`, `add_arguments(parser)` and `run(arguments)`; the first line of its docstring is its help.
"""

"""The subcommands: each module has EXAMPLE, `add_arguments(parser)` and `run(arguments)`; its docstring is its help."""

"""The commands of `python -m assistant`: one module each, loaded only when it is asked for.

Each module has `arguments(parser)` and `run(options, settings) -> exit code`.
"""

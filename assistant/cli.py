"""`python -m assistant`: picks the command, prints every foreseeable error as problem and remedy, never a traceback.

Only the chosen command's module is imported, so `check` starts without the libraries that `serve` needs.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from assistant import __version__
from assistant.errors import AssistantError
from assistant.settings import read_settings

#: name → (what it does, one example)
COMMANDS = {
    "check": ("review the records and the vocabulary", "python -m assistant check corpus/regimes/asia"),
    "new": ("write the template of a new record", "python -m assistant new regimes/asia/vn-cr"),
    "index": ("build the index from the corpus", "python -m assistant index"),
    "ask": ("answer a question", 'python -m assistant ask "充电宝出口日本PSE是菱形还是圆形?" --as-of 2026-11-22'),
    "show": ("print a record's sections as they are quoted", "python -m assistant show jp-pse-circle --json"),
    "timeline": ("list what applies when", "python -m assistant timeline --market EU --product 动力电池 --from 2026-11-22"),
    "coverage": ("count what the library holds and what it rests on", "python -m assistant coverage --json"),
    "serve": ("serve the chat page, the desk and REST", "PORT=8080 python -m assistant serve"),
    "accounts": ("make and change the accounts of the desk", "python -m assistant accounts create-admin"),
    "evaluate": ("score the gold questions", "python -m assistant evaluate --failures 20"),
    "bench": ("measure speed, memory and quality", "python -m assistant bench --json"),
    "doctor": ("say what is missing or wrong in this installation", "python -m assistant doctor"),
    "backup": ("save the desk's data in one verified file", "python -m assistant backup desk-2026-11-22.zip"),
    "restore": ("bring the desk's data back from a backup", "python -m assistant restore desk-2026-11-22.zip --replace"),
    "migrate": ("bring the database to the form this program writes", "python -m assistant migrate --list"),
    "purge": ("remove what is older than it may be kept, with proof", "python -m assistant purge --days 365 --dry-run"),
}


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser; only `command`'s own arguments are added (all other commands are listed by name)."""
    parser = argparse.ArgumentParser(prog="python -m assistant", description=(
        "Certification Assistant (企业认证与碳足迹咨询助手): cited answers about certification and carbon footprints."))
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, (what, example) in COMMANDS.items():
        sub = subparsers.add_parser(name, help=what, description=what.capitalize() + ".", epilog=f"example: {example}",
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == command:
            importlib.import_module(f"assistant.commands.{name}").arguments(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (2 for anything the user can mend)."""
    argv = list(sys.argv[1:] if argv is None else argv)
    command = next((a for a in argv if a in COMMANDS), None)
    try:
        options = build_parser(command).parse_args(argv)
        settings = read_settings(os.environ)
        return int(importlib.import_module(f"assistant.commands.{options.command}").run(options, settings))
    except AssistantError as error:
        print(f"{error.problem}\n{error.remedy}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "assistant":
            raise
        print(f"The package «{error.name}» is not installed.\nRun «make setup», or the pip lines of README.md.",
              file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130

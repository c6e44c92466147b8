"""`restore`: bring back what `backup` saved, all of it or nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from assistant.desk.backup import restore
from assistant.desk.database import Database
from assistant.desk.migrating import newest
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a zip file that «backup» wrote")
    parser.add_argument("--replace", action="store_true", help="replace everything that the database holds now")


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = Database(settings.database)
    try:
        manifest = restore(database, utc_now, OPERATOR, options.file, options.replace)
    finally:
        database.close()
    print(f"{len(manifest.tables)} tables, {manifest.rows} rows as of {manifest.made_at}, verified; "
          f"revision {manifest.revision}, now {newest()}\n"
          "Everybody has to sign in again. Restart the server if it runs, look through the accounts and keys for those that "
          "were closed since,\nand run «python -m assistant purge», since what was purged after this backup is back.")
    return 0

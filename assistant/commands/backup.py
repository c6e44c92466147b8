"""`backup`: everything the desk keeps in one file, while the server goes on working."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from assistant.desk.backup import write_backup
from assistant.desk.database import Database
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the zip file to write; it must not be there yet")


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = Database(settings.database)
    try:
        manifest = write_backup(database, utc_now, OPERATOR, options.file)
    finally:
        database.close()
    print(f"{options.file}: {len(manifest.tables)} tables, {manifest.rows} rows, revision {manifest.revision}, "
          f"{options.file.stat().st_size / 1e6:.1f} MB, read back and verified")
    if manifest.audit_broken is not None:
        print(f"The audit log was changed from outside: line {manifest.audit_broken} is the first that does not fit.\n"
              "Find out who has access to the database; the backup holds the log as it is.", file=sys.stderr)
        return 1
    return 0

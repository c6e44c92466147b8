"""`purge`: remove what is older than it may be kept, and print the proof."""

from __future__ import annotations

import argparse
import sys

import msgspec

from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR
from assistant.desk.retention import Purge, Retention
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, metavar="N", help="keep this many days (default: ASSISTANT_RETENTION_DAYS, else 365)")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--json", action="store_true", help="print the whole proof as JSON")


def table(done: Purge) -> str:
    """The proof for people."""
    lines = [f"older than {done.days} days, before {done.cutoff}",
             f"{'table':<15}{'':<10}{'before':>9}{'rows':>9}{'kept':>7}{'left':>6}  sha256 of the ids"]
    lines += [f"{t.table:<15}{t.what:<10}{t.before:>9}{t.rows:>9}{t.kept:>7}{t.left:>6}  {t.sha256}" for t in done.tables]
    return "\n".join([*lines, done.remains])


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = Database(settings.database)
    try:
        done = Retention(database, Audit(database, utc_now), utc_now).purge(
            OPERATOR, settings.retention_days if options.days is None else options.days, options.dry_run)
    finally:
        database.close()
    if options.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(done), indent=1) + b"\n")
    else:
        print(table(done))
    return 0 if done.clean else 1

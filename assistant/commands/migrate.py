"""`migrate`: which form the database has, and bringing it to another one."""

from __future__ import annotations

import argparse

from assistant.desk.database import Database
from assistant.desk.migrating import downgrade, history, newest, revision, rows_lost, upgrade
from assistant.errors import SettingsError
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="REVISION", help="this revision, «base» for none (default: the newest)")
    parser.add_argument("--list", action="store_true", help="only print the revisions, the database's own with a star")
    parser.add_argument("--drop", action="store_true", help="go back although rows are lost that the older form cannot hold")


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = Database(settings.database)
    try:
        return _run(options, database)
    finally:
        database.close()


def _run(options: argparse.Namespace, database: Database) -> int:
    now, known = revision(database), [name for name, _ in history()]
    if options.list:
        for name, what in history():
            print(f"{'*' if name == now else ' '} {name}  {what}")
        return 0
    order = ["base", *known]
    to = newest() if options.to in {None, "head"} else options.to
    if to not in order:
        raise SettingsError(f"There is no revision «{to}».", "«python -m assistant migrate --list» prints them.")
    if now in known and order.index(to) < order.index(now):
        lost = rows_lost(database, to)
        if lost and not options.drop:
            said = ", ".join(f"{table} {rows}" for table, rows in sorted(lost.items()))
            raise SettingsError(f"The older form cannot hold all rows of these tables: {said}.",
                                "Make a backup first, then add --drop to lose them.")
        downgrade(database, to)
    elif to != "base" or now:
        upgrade(database, to)
    print(f"revision {now or 'base'}, now {revision(database) or 'base'}")
    return 0

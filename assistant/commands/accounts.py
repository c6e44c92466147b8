"""`accounts`: the desk's accounts from the command line; the first administrator is made here."""

from __future__ import annotations

import argparse

from assistant.assemble import open_database
from assistant.desk.accounts import Accounts
from assistant.desk.audit import Audit
from assistant.desk.moments import utc_now
from assistant.desk.people import OPERATOR, ROLES, Role
from assistant.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    admin = actions.add_parser("create-admin", help="make an administrator; the password is printed once")
    admin.add_argument("name", nargs="?", default="admin", help="default: admin")
    create = actions.add_parser("create", help="make an account; the password is printed once")
    create.add_argument("name")
    create.add_argument("--role", choices=ROLES, default="staff")
    actions.add_parser("list", help="all accounts")
    for action, what in (("suspend", "refuse an account from now on and end its sessions"),
                         ("restore", "let a suspended account in again"),
                         ("reset-password", "a new random password, printed once; all sessions end")):
        actions.add_parser(action, help=what).add_argument("name")


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = open_database(settings)
    try:
        return _run(options, Accounts(database, Audit(database, utc_now), utc_now))
    finally:
        database.close()


def _run(options: argparse.Namespace, accounts: Accounts) -> int:
    if options.action == "list":
        for account in accounts.all():
            print(f"{account.name:<32} {account.role:<9} {account.status:<10} {account.created_at[:10]}")
        return 0
    if options.action in {"create-admin", "create"}:
        role: Role = "admin" if options.action == "create-admin" else options.role
        account, password = accounts.create(OPERATOR, options.name, role)
        print(f"name:     {account.name}\nrole:     {account.role}\npassword: {password}")
        print("The password is shown only now. Sign in at /desk/ and change it there.")
        return 0
    account = accounts.named(options.name)
    if options.action == "reset-password":
        print(f"password: {accounts.set_password(OPERATOR, account.id)}\nThe password is shown only now.")
        return 0
    accounts.change(OPERATOR, account.id, account.version, status="suspended" if options.action == "suspend" else "active")
    print(f"{account.name}: {'suspended, all sessions ended' if options.action == 'suspend' else 'active'}")
    return 0

"""The database: SQLite in a file by default, PostgreSQL by DATABASE_URL. One writer at a time, readers on a snapshot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from assistant.errors import AssistantError, SettingsError

HOW = "Write DATABASE_URL as sqlite:////full/path/desk.sqlite or postgresql://user:password@host/database."


class DatabaseUnavailable(AssistantError):
    """The database does not answer or cannot be opened."""


def parse_url(url: str) -> sa.URL:
    """The address with the driver we ship. Raises SettingsError."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingsError("DATABASE_URL is not the address of a database.", HOW) from None
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("DATABASE_URL names no file.", HOW)
        return parsed.set(drivername="sqlite+pysqlite")
    if kind in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise SettingsError(f"DATABASE_URL names «{kind}», which is not supported.", HOW)


def database_exists(url: str) -> bool:
    """Whether something may be kept there: a file that exists, or a server."""
    parsed = parse_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def _prepare_sqlite(engine: sa.Engine, file: Path) -> None:
    @event.listens_for(engine, "do_connect")
    def connecting(*_: Any) -> None:
        # SQLite would let every user of the machine read it; its log and index files take over these rights.
        with suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions are begun by the listener below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        # A writer that begins as a reader cannot wait for its turn: it fails when another wrote in between.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Connections in transactions. One instance serves many threads."""

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            try:
                Path(self.url.database or "").parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SettingsError(f"The folder of the database cannot be made ({error.strerror}).",
                                    "Set DATABASE_URL to a place where this user may write.") from None
        options: dict[str, Any] = {} if self.sqlite else {"connect_args": {"connect_timeout": 5}, "pool_pre_ping": True}
        # Without hide_parameters an error in the log would carry what people said.
        self.engine = sa.create_engine(self.url, hide_parameters=True, pool_size=20, max_overflow=20, pool_timeout=20, **options)
        if self.sqlite:
            _prepare_sqlite(self.engine, Path(self.url.database or ""))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database. Raises DatabaseUnavailable."""
        with self._transaction({} if self.sqlite else {"isolation_level": "REPEATABLE READ"}) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is on disk when the block ends and never happened when it raises."""
        with self._transaction({"writes": True}) as connection:
            yield connection

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[sa.Connection]:
        try:
            with self.engine.connect() as connection, connection.execution_options(**options).begin():
                yield connection
        except (sa.exc.OperationalError, sa.exc.InternalError, sa.exc.TimeoutError) as error:
            raise self._unavailable(error) from error
        except sa.exc.DatabaseError as error:
            if type(error) is not sa.exc.DatabaseError:
                raise
            raise self._unavailable(error) from error  # SQLite's own for a damaged file

    def _unavailable(self, error: sa.exc.SQLAlchemyError) -> DatabaseUnavailable:
        return DatabaseUnavailable(
            f"The database at {self.url.render_as_string(hide_password=True)} does not answer "
            f"({type(error.__cause__ or error).__name__}).",
            "See that it runs and that this user may read and write it, then try again.")

    def close(self) -> None:
        self.engine.dispose()

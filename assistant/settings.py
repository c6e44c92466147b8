"""The one frozen Settings and the only reader of the environment."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
CORPUS_EMBEDDER = "corpus"


@dataclass(frozen=True, slots=True)
class Hotline:
    """Whom a reader can call. Any part may be empty."""

    name: str = ""
    phone: str = ""
    hours: str = ""

    def __bool__(self) -> bool:
        return bool(self.name or self.phone)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a deployment may set.

    today: ISO date, None for the clock. database: address of the desk's data. retention_days: how long answers and the
    personal data of closed cases are kept before `purge` removes them.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    corpus: Path = ROOT / "corpus"
    index: Path = ROOT / "index"
    embedding: str = CORPUS_EMBEDDER
    today: str | None = None
    hotline: Hotline = Hotline()
    database: str = f"sqlite:///{ROOT / 'var' / 'desk.sqlite'}"
    retention_days: int = 365

    def as_of(self) -> str:
        """Today as an ISO date: the one set, else the clock's."""
        return self.today or datetime.date.today().isoformat()


def iso_date(value: str, name: str) -> str:
    """`value` if it is a calendar date, else SettingsError naming the setting or option."""
    try:
        return datetime.date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise SettingsError(f"{name} is «{value}», which is not a date.", "Write it as YYYY-MM-DD.") from None


def _port(value: str) -> int:
    if value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise SettingsError(f"PORT is «{value}», which is not a port number.", "Set it to a number from 1 to 65535.")


def _days(value: str) -> int:
    if value.isdigit() and 0 < int(value) <= 36500:
        return int(value)
    raise SettingsError(f"ASSISTANT_RETENTION_DAYS is «{value}», which is not a number of days.", "Set it to a number such as 365.")


def _hotline(value: str) -> Hotline:
    """`name | phone | hours`."""
    parts = [p.strip() for p in value.split("|")]
    if len(parts) > 3:
        raise SettingsError("ASSISTANT_HOTLINE has more than three parts.", "Write it as «name | phone | hours».")
    return Hotline(*parts)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from the environment; unset or empty variables take the default. Raises SettingsError."""
    get = {k: v.strip() for k, v in environment.items() if v.strip()}.get
    default = Settings()
    today = get("ASSISTANT_TODAY")
    return Settings(
        host=get("HOST", default.host) or default.host,
        port=_port(get("PORT", str(default.port)) or ""),
        corpus=Path(get("ASSISTANT_CORPUS") or default.corpus),
        index=Path(get("ASSISTANT_INDEX") or default.index),
        embedding=get("ASSISTANT_EMBEDDING") or default.embedding,
        today=iso_date(today, "ASSISTANT_TODAY") if today else None,
        hotline=_hotline(get("ASSISTANT_HOTLINE") or ""),
        database=get("DATABASE_URL") or default.database,
        retention_days=_days(get("ASSISTANT_RETENTION_DAYS", str(default.retention_days)) or ""),
    )

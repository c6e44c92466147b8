"""Time and identity as the desk writes them: UTC moments that sort as text, ids that cannot be guessed."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable

#: Answers with an aware datetime; tests pass their own.
Clock = Callable[[], datetime.datetime]
#: Without letters and digits that are mistaken for each other on the telephone (Crockford's base 32).
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 16


def utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def stamp(moment: datetime.datetime) -> str:
    """`2026-11-22T13:52:01.123456Z`: always 27 characters, so that text order is time order."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_stamp(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.UTC)


def new_id() -> str:
    """Sixteen characters, 80 bits from the system's source of randomness."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(ID_LENGTH))

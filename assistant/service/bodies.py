"""What comes in and goes out over REST: text without control characters, frozen values as JSON."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

import msgspec
from fastapi import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

#: Kept in a text although they are control characters.
_KEPT = frozenset("\n\t")


def _clean(value: Any) -> Any:
    """Text without NUL, surrogates and other control characters, which PostgreSQL, XML or a terminal trips over."""
    if not isinstance(value, str):
        return value
    if value.isprintable():
        return value.strip()
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in value if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cs", "Cn"}).strip()


def Text(longest: int, shortest: int = 0) -> Any:
    """The type of a text field of so many characters."""
    return Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=longest, min_length=shortest)]


class Body(BaseModel):
    """A request body: fields that are not known are refused."""

    model_config = ConfigDict(extra="forbid")


def shown(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`value` (frozen dataclasses, dicts, lists) as a JSON response that nobody stores."""
    kept = {"cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(value), status, kept, "application/json")

"""What one check of `doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. remedy: what to do, empty when all is well."""

    state: Literal["ok", "warn", "fail"]
    what: str
    remedy: str = ""

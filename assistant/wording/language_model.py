"""What a language model is to us: messages in, pieces of text out, and the ways in which it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

#: Why a model gave no answer: not reachable · over its time · key refused · over its rate · an error of its own · an answer
#: that cannot be read or broke off · nothing said · no end · too many questions at once · the day's tokens spent · not asked after faults.
FaultKind = Literal["down", "slow", "unauthorised", "rate-limit", "server-error", "malformed", "empty", "endless",
                    "busy", "budget", "resting"]


class ModelFault(Exception):
    """The model did not answer. wait: seconds after which it says it may be asked again, None when it says nothing."""

    def __init__(self, kind: FaultKind, detail: str = "", wait: float | None = None) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind, self.detail, self.wait = kind, detail, wait


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user"]
    content: str


class LanguageModel(Protocol):
    """One model behind one endpoint."""

    name: str

    def reply(self, messages: Sequence[Message], longest: int) -> Iterator[str]:
        """The reply in pieces as they come, at most `longest` tokens. Raises ModelFault at any point."""
        ...

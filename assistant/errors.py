"""What can go wrong, each with its remedy.

Every error a user or operator can meet is an `AssistantError`: one sentence that says what is wrong and one that
says what to do. Faces (command line, page, service) print both and never a traceback.
"""

from __future__ import annotations


class AssistantError(Exception):
    """A foreseeable failure.

    problem: one sentence for the person in front of the program.
    remedy: one sentence that says what to do about it.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class SettingsError(AssistantError):
    """A setting has a value that cannot be used."""


class CorpusError(AssistantError):
    """The corpus folder or a record cannot be read."""


class IndexMissing(AssistantError):
    """There is no index yet."""


class IndexDamaged(AssistantError):
    """The index does not match its manifest."""


class RecordNotFound(AssistantError):
    """Somebody asked for a record that the library does not hold."""


class NameNotKnown(AssistantError):
    """Somebody named a market or a product that the vocabulary does not hold."""


class QuestionRefused(AssistantError):
    """The question cannot be taken as it is (empty, too long, not text)."""


class PortInUse(AssistantError):
    """The address the server should listen on is taken."""


class BatchError(AssistantError):
    """A batch file cannot be read or written."""

"""Answering by quoting: which form of answer a question gets.

No word is invented. The conclusion comes first, then what it depends on, then dates, then the neighbours that people
confuse it with, then what was not found, then one question back.
"""

from __future__ import annotations

from assistant.answering.access import MarketAccess
from assistant.answering.aspect import Aspect
from assistant.answering.choice import Choice
from assistant.answering.pieces import Composed, Evidence, Pieces
from assistant.answering.ranking import Ranker
from assistant.answering.recognition import Recognition
from assistant.answering.view import LibraryView


class QuotingComposer:
    """Composes answers over one library view."""

    def __init__(self, view: LibraryView, ranker: Ranker) -> None:
        pieces = Pieces(view, ranker)
        self._choice, self._recognition = Choice(pieces), Recognition(pieces)
        self._access, self._aspect = MarketAccess(pieces), Aspect(pieces)

    def compose(self, e: Evidence) -> Composed | None:
        """The answer's drafts, or None when nothing in focus answers the question."""
        if not e.focus:
            return None
        composed = self._compose(e)
        return self._access.completed(e, composed) if composed else None

    def _compose(self, e: Evidence) -> Composed | None:
        winner = self._choice.winner(e)
        if winner:
            composed = self._choice.compose(e, winner)
            if composed:
                return composed
        if not e.u.intents or {"recognition", "mistakes"} & set(e.u.intents) or (e.u.papers and e.u.places):
            composed = self._recognition.compose(e)
            if composed:
                return composed
        if self._access.asked(e) or self._access.only_foreign_papers(e):
            return self._access.compose(e)
        return self._aspect.compose(e)

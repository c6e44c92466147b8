"""How many questions are answered at once over REST, and how many may wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.desk.refusals import TooMany
from assistant.types import Words

FULL = Words("现在提问的人太多。", "Too many questions at the moment.")
SHORTLY = Words("请过几秒再发一次。", "Please send it again in a few seconds.")


class Places:
    """A bounded queue for one event loop."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._turns, self._most, self._here = asyncio.Semaphore(at_once), at_once + waiting, 0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Holds a place while the block runs. Raises TooMany when all are taken and the queue is full."""
        if self._here >= self._most:
            raise TooMany(FULL, SHORTLY, 3)
        self._here += 1
        try:
            async with self._turns:
                yield
        finally:
            self._here -= 1

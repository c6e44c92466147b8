"""How often one network address may do what writes to the desk without an account."""

from __future__ import annotations

from fastapi import Request
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from assistant.desk.refusals import TooMany
from assistant.types import Words

OFTEN = Words("这个网络地址提交得太频繁。", "Too much was sent from this network address.")
LATER = Words("请过一会儿再试,急事请直接打热线电话。", "Try again later; if it is urgent, call the hotline.")


class Pace:
    """A dependency that counts requests for each client address. Behind a proxy on this machine, the proxy names it."""

    def __init__(self, most: RateLimitItem) -> None:
        self._most, self._limiter = most, MovingWindowRateLimiter(MemoryStorage())

    def __call__(self, request: Request) -> None:
        """Raises TooMany."""
        if not self._limiter.hit(self._most, request.client.host if request.client else ""):
            raise TooMany(OFTEN, LATER, int(self._most.get_expiry()))

"""How often a password may be tried. Counted in this process: several servers allow as many times as there are servers."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from assistant.desk.refusals import TooMany
from assistant.types import Words

#: For one name from one address, for one name from anywhere, and failed ones for whatever names from one address.
PER_ADDRESS, PER_NAME = RateLimitItemPerMinute(8, 15), RateLimitItemPerMinute(40, 15)
FAILED = RateLimitItemPerMinute(100, 15)
WINDOW = 15 * 60

WAIT = Words("登录失败次数太多。", "Too many attempts to sign in.")
WAIT_HOW = Words("请过十五分钟再试,或请管理员重设密码。", "Try again in fifteen minutes, or ask an administrator for a new password.")


class Attempts:
    """Counts attempts by name and by network address."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def begin(self, name: str, address: str = "") -> None:
        """Count an attempt before its password is looked at: of many sent at once, all would be tried otherwise.

        Raises TooMany.
        """
        if not (self._limiter.test(FAILED, address) and self._limiter.hit(PER_ADDRESS, name, address)
                and self._limiter.hit(PER_NAME, name)):
            raise TooMany(WAIT, WAIT_HOW, WINDOW)

    def failed(self, address: str) -> None:
        """An attempt from this address had the wrong name or password."""
        self._limiter.hit(FAILED, address)

    def succeeded(self, name: str, address: str = "") -> None:
        """Whoever knows the password may begin again."""
        self._limiter.clear(PER_ADDRESS, name, address)
        self._limiter.clear(PER_NAME, name)

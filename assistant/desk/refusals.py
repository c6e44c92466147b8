"""What the desk refuses, in both languages and with the HTTP status that says the same to programs."""

from __future__ import annotations

from assistant.errors import AssistantError
from assistant.types import Words


class Refused(AssistantError):
    """Something that a person at the desk can mend. said, remedy: one sentence each, in both languages."""

    status = 400

    def __init__(self, said: Words, remedy: Words) -> None:
        super().__init__(f"{said.zh} {said.en}", f"{remedy.zh} {remedy.en}")
        self.said, self.how = said, remedy


class SignInNeeded(Refused):
    """Nobody is signed in, or the session has ended."""

    status = 401


class NotAllowed(Refused):
    """Somebody is signed in who may not do this."""

    status = 403


class NotHere(Refused):
    """There is nothing under this id, for this person."""

    status = 404


class Changed(Refused):
    """Somebody else changed it first; nothing was written."""

    status = 409


class Unacceptable(Refused):
    """What was sent cannot be kept as it is."""

    status = 422


class TooMany(Refused):
    """Tried too often. wait: seconds after which it may be tried again."""

    status = 429

    def __init__(self, said: Words, remedy: Words, wait: int) -> None:
        super().__init__(said, remedy)
        self.wait = wait


SIGN_IN = Words("请先登录。", "Please sign in first.")
SIGN_IN_HOW = Words("打开 /desk/ 登录后再试。", "Sign in at /desk/ and try again.")
NOT_YOURS = Words("您的账号没有这项权限。", "Your account may not do this.")
ASK_ADMIN = Words("需要时请找管理员。", "Ask an administrator if you need it.")
NOTHING = Words("没有找到。", "There is nothing here.")
LOOK_AGAIN = Words("请回到列表重新打开。", "Go back to the list and open it again.")
STALE = Words("别人刚改过,您的修改没有保存。", "Somebody else changed this first; your change was not saved.")
RELOAD = Words("请重新打开,看过对方的修改后再改一次。", "Open it again, look at the other change, then make yours.")


def not_here() -> NotHere:
    return NotHere(NOTHING, LOOK_AGAIN)


def changed() -> Changed:
    return Changed(STALE, RELOAD)


def not_allowed(said: Words = NOT_YOURS, how: Words = ASK_ADMIN) -> NotAllowed:
    return NotAllowed(said, how)

"""Who is asking: the session's cookie or an API key, and whether the request came from our own page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from fastapi import Request, Response

from assistant.desk.accounts import LONGEST, Accounts
from assistant.desk.people import Actor, Permission
from assistant.desk.refusals import SIGN_IN, SIGN_IN_HOW, NotAllowed, SignInNeeded, not_allowed
from assistant.types import Words

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Never by key: one that leaked could make accounts and passwords that outlive it.
IN_PERSON = frozenset[Permission]({"accounts"})
#: The prefix makes the browser refuse the cookie from anywhere but this host over https.
COOKIE, LOCAL_COOKIE = "__Host-desk", "desk"
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
#: Browsers always send one of these with a request that changes something.
ELSEWHERE = Words("这个请求不是从本页发出的。", "This request did not come from our own page.")
ELSEWHERE_HOW = Words("请在 /desk/ 页面上操作,程序请用密钥。", "Use the page at /desk/; programs use an API key.")
NEEDS_HTTPS = Words("登录要用 https。", "Signing in needs https.")
NEEDS_HTTPS_HOW = Words("请用 https 地址打开,或在服务器本机打开;管理员见 docs/desk.md。",
                        "Open the https address, or open it on the server itself; administrators see docs/desk.md.")
OUT_OF_SCOPE = Words("这个密钥不能做这件事。", "This key is not for that.")
OTHER_SCOPE = Words("请用有相应权限范围的密钥。", "Use a key with the scope for it.")


def _scheme(request: Request) -> str:
    return str(request.scope["scheme"])


def secure(request: Request) -> bool:
    """Whether the browser speaks https with us, also through a proxy on this machine. Raises NotAllowed for plain http
    from another machine, where a session could be read on the way."""
    if _scheme(request) == "https":
        return True
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:  # such as an opening bracket alone
        host = None
    if host in _LOCAL:
        return False
    raise NotAllowed(NEEDS_HTTPS, NEEDS_HTTPS_HOW)


def give_cookie(request: Request, response: Response, token: str) -> None:
    safe = secure(request)
    response.set_cookie(COOKIE if safe else LOCAL_COOKIE, token, max_age=int(LONGEST.total_seconds()), path="/",
                        secure=safe, httponly=True, samesite="lax")


def cookie(request: Request) -> str:
    """The session's token, or nothing. Over https only the cookie that no other host and no plain http can have set."""
    return request.cookies.get(COOKIE if _scheme(request) == "https" else LOCAL_COOKIE, "")


def take_cookie(response: Response) -> None:
    for name in (COOKIE, LOCAL_COOKIE):
        response.delete_cookie(name, path="/", secure=name == COOKIE, httponly=True, samesite="lax")


def own_page(request: Request) -> bool:
    """Whether a request that changes something was made by our own page (or by no browser at all: no Origin, no cookie)."""
    origin = request.headers.get("origin")
    if origin:
        return origin == f"{_scheme(request)}://{request.headers.get('host', '')}"
    return request.headers.get("sec-fetch-site", "") == "same-origin"


class Gate:
    """Dependencies of the routes. Each returns the Actor or raises a Refused with its status."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def signed_in(self, request: Request) -> Actor:
        """Anybody with an account. Raises SignInNeeded, NotAllowed."""
        header = request.headers.get("authorization", "")
        if header.lower().startswith("bearer "):
            actor = self._accounts.who_by_key(header[7:].strip())
            scope = "desk:read" if request.method in SAFE else "desk:write"
            if scope not in actor.scopes:
                raise NotAllowed(OUT_OF_SCOPE, OTHER_SCOPE)
            return actor
        token = cookie(request)
        if not token:
            raise SignInNeeded(SIGN_IN, SIGN_IN_HOW)
        if request.method not in SAFE and not own_page(request):
            raise NotAllowed(ELSEWHERE, ELSEWHERE_HOW)
        return self._accounts.who(token)

    def desk(self, request: Request) -> Actor:
        """Staff, reviewers, administrators."""
        actor = self.signed_in(request)
        actor.need("desk")
        return actor

    def in_person(self, request: Request) -> Actor:
        """Somebody signed in at the page, not a key: for passwords, sessions and keys themselves."""
        actor = self.signed_in(request)
        if actor.via != "session":
            raise not_allowed()
        return actor

    def of(self, permission: Permission) -> Callable[[Request], Actor]:
        """A dependency that asks for one permission."""
        def needed(request: Request) -> Actor:
            actor = self.in_person(request) if permission in IN_PERSON else self.signed_in(request)
            actor.need(permission)
            return actor

        return needed

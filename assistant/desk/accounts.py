"""Accounts and how people prove who they are: passwords (argon2), sessions, API keys. Secrets are kept as hashes only."""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets
import threading
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.desk.attempts import Attempts
from assistant.desk.audit import Audit
from assistant.desk.database import Database
from assistant.desk.moments import Clock, new_id, read_stamp, stamp
from assistant.desk.people import ROLES, SCOPES, VISITOR, Actor, Role
from assistant.desk.refusals import NotAllowed, SignInNeeded, Unacceptable, changed, not_here
from assistant.desk.tables import accounts, api_keys, sessions
from assistant.types import Words

#: A session ends after this long without a request, and after this long in any case.
IDLE, LONGEST = datetime.timedelta(hours=2), datetime.timedelta(hours=12)
#: A moment may lie this far ahead of the clock (clocks of two servers, a clock set back) before a session is refused.
SKEW = datetime.timedelta(minutes=5)
#: When a session was last used is written down this often, not at every request.
SEEN_EVERY = datetime.timedelta(minutes=1)
KEY_LIFE = datetime.timedelta(days=365)
#: Passwords hashed at the same time: each takes 64 MiB.
HASHED_AT_ONCE = 4
LEAST = 12  # characters of a password
KEY_PREFIX = "ca_"
_NAME = re.compile(r"[a-z0-9一-鿿][a-z0-9一-鿿._-]{1,31}")

WRONG = Words("用户名或密码不对。", "The name or the password is wrong.")
WRONG_HOW = Words("请再核对一次;忘了密码请找管理员重设。", "Check both; if you forgot the password, ask an administrator for a new one.")
SUSPENDED = Words("这个账号已停用。", "This account is suspended.")
SUSPENDED_HOW = Words("需要恢复请找管理员。", "Ask an administrator to restore it.")
ENDED = Words("登录已过期。", "Your session has ended.")
ENDED_HOW = Words("请重新登录,没有保存的内容还在页面上。", "Sign in again; what you had not saved is still on the page.")


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a program. status: active · suspended."""

    id: str
    name: str
    role: Role
    status: str
    created_at: str
    version: int


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one browser. agent: what the browser calls itself."""

    id: str
    account: str
    created_at: str
    seen_at: str
    expires_at: str
    agent: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as listed: the key itself is shown once, when it is made."""

    id: str
    account: str
    label: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str
    used_at: str | None


def _hash(token: str) -> str:
    # Tokens are random and long, so a fast hash is enough.
    return hashlib.sha256(token.encode()).hexdigest()


def new_password() -> str:
    return secrets.token_urlsafe(15)


class Accounts:
    """Everything about who may come in. address: the client's network address, for the rate limit alone."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        self._database, self._audit, self._clock = database, audit, clock
        self._hasher = hasher or PasswordHasher()
        # What an unknown name is checked against, so that it takes as long as a known one.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())
        self._attempts, self._hashing = Attempts(), threading.BoundedSemaphore(HASHED_AT_ONCE)

    # --- accounts ---

    def create(self, actor: Actor, name: str, role: Role, password: str = "") -> tuple[Account, str]:
        """A new account and its password (random unless given). Raises Unacceptable."""
        folded = name.strip().lower()
        if not _NAME.fullmatch(folded):
            raise Unacceptable(Words("用户名不能用。", "This name cannot be used."),
                               Words("请用二到三十二个小写字母、数字、汉字、点或横线。",
                                     "Use two to thirty-two lower-case letters, digits, Chinese characters, dots or hyphens."))
        if role not in ROLES:
            raise Unacceptable(Words("没有这个角色。", "There is no such role."),
                               Words(f"请用 {'、'.join(ROLES)}。", f"Use one of {', '.join(ROLES)}."))
        password = password or new_password()
        self._strong(password)
        account = Account(new_id(), folded, role, "active", stamp(self._clock()), 1)
        hashed = self._hasher.hash(password)
        try:
            with self._database.writing() as connection:
                connection.execute(accounts.insert().values(
                    id=account.id, name=folded, role=role, status="active", password_hash=hashed,
                    created_at=account.created_at, version=1))
                self._audit.note(connection, actor, "account.create", "account", account.id, {"role": role})
        except sa.exc.IntegrityError:
            raise Unacceptable(Words("这个用户名已经有了。", "This name is taken."), Words("请换一个。", "Choose another one.")) from None
        return account, password

    def any_admin(self) -> bool:
        with self._database.reading() as connection:
            return connection.execute(sa.select(accounts.c.id).where(
                accounts.c.role == "admin", accounts.c.status == "active")).first() is not None

    def all(self) -> list[Account]:
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(sa.select(accounts).order_by(accounts.c.name))]

    def get(self, account_id: str) -> Account:
        """Raises NotHere."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).first()
        if row is None:
            raise not_here()
        return _account(row)

    def named(self, name: str) -> Account:
        """Raises NotHere."""
        with self._database.reading() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.name == name.strip().lower())).first()
        if row is None:
            raise not_here()
        return _account(row)

    def change(self, actor: Actor, account_id: str, version: int, role: Role | None = None,
               status: str | None = None) -> Account:
        """Another role or status. Suspending ends all sessions and refuses all keys at once.

        Raises NotHere, Changed, or Unacceptable when no active administrator would be left.
        """
        with self._database.writing() as connection:
            # Two administrators who suspend each other take the rows one after the other, and one of them stays.
            held = connection.execute(sa.select(accounts).where(sa.or_(
                accounts.c.id == account_id, accounts.c.role == "admin")).order_by(accounts.c.id).with_for_update()).all()
            row = next((r for r in held if r.id == account_id), None)
            if row is None:
                raise not_here()
            if row.version != version:
                raise changed()
            new = {"role": role or row.role, "status": status or row.status}
            active = [r.id for r in held if (r.role, r.status) == ("admin", "active")]
            if active == [account_id] and tuple(new.values()) != ("admin", "active"):
                raise Unacceptable(Words("这是最后一个可用的管理员。", "This is the last active administrator."),
                                   Words("请先设另一个管理员。", "Make another administrator first."))
            connection.execute(accounts.update().where(accounts.c.id == account_id).values(**new, version=version + 1))
            if new["status"] == "suspended":
                connection.execute(sessions.update().where(sessions.c.account == account_id, sessions.c.revoked_at.is_(None))
                                   .values(revoked_at=stamp(self._clock())))
            self._audit.note(connection, actor, "account.change", "account", account_id, new)
        return self.get(account_id)

    def set_password(self, actor: Actor, account_id: str, password: str = "") -> str:
        """A new password (random unless given); all sessions of the account end. Raises NotHere, Unacceptable."""
        password = password or new_password()
        self._strong(password)
        hashed = self._hasher.hash(password)
        with self._database.writing() as connection:
            done = connection.execute(accounts.update().where(accounts.c.id == account_id)
                                      .values(password_hash=hashed, version=accounts.c.version + 1))
            if not done.rowcount:
                raise not_here()
            connection.execute(sessions.update().where(sessions.c.account == account_id, sessions.c.revoked_at.is_(None))
                               .values(revoked_at=stamp(self._clock())))
            self._audit.note(connection, actor, "account.password", "account", account_id)
        return password

    def proves(self, account_id: str, password: str) -> bool:
        """Whether this is the account's password; what is not is written down. Raises TooMany."""
        self._attempts.begin(account_id)
        with self._database.reading() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).first()
        if row is None or not self._matches(row.password_hash, password):
            self._refused(row)
            return False
        self._attempts.succeeded(account_id)
        return True

    def _refused(self, row: sa.Row[Any] | None) -> None:
        """A line for a wrong password, also where there is no such account: without it that would be answered sooner."""
        actor = Actor(row.id, row.name, row.role, "session") if row else VISITOR
        with self._database.writing() as connection:
            self._audit.note(connection, actor, "session.refused", "account", row.id if row else "")

    def _strong(self, password: str) -> None:
        if not LEAST <= len(password) <= 200:
            raise Unacceptable(Words(f"密码至少要{LEAST}个字符。", f"A password has at least {LEAST} characters."),
                               Words("可以用几个不相干的词连起来。", "A few unrelated words in a row will do."))

    def _matches(self, hashed: str, password: str) -> bool:
        with self._hashing:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False

    # --- sessions ---

    def sign_in(self, name: str, password: str, address: str, agent: str) -> tuple[str, Actor]:
        """The session's token and who is now signed in.

        Raises SignInNeeded with the same words, after the same work, for an unknown name and for a wrong password;
        NotAllowed for a suspended account (only to who knows its password); TooMany.
        """
        folded = name.strip().lower()[:200]
        password = password[:1000]
        self._attempts.begin(folded, address)
        with self._database.reading() as connection:
            row = connection.execute(sa.select(accounts).where(accounts.c.name == folded)).first()
        if not self._matches(row.password_hash if row else self._nobody, password) or row is None:
            self._attempts.failed(address)
            self._refused(row)
            raise SignInNeeded(WRONG, WRONG_HOW)
        self._attempts.succeeded(folded, address)
        if row.status != "active":
            raise NotAllowed(SUSPENDED, SUSPENDED_HOW)
        token, now = secrets.token_urlsafe(32), self._clock()
        session = new_id()
        actor = Actor(row.id, folded, row.role, "session", session)
        with self._database.writing() as connection:
            connection.execute(sessions.insert().values(
                id=session, account=row.id, token_hash=_hash(token), created_at=stamp(now), seen_at=stamp(now),
                expires_at=stamp(now + LONGEST), agent=agent[:200]))
            if self._hasher.check_needs_rehash(row.password_hash):
                connection.execute(accounts.update().where(accounts.c.id == row.id)
                                   .values(password_hash=self._hasher.hash(password)))
            self._audit.note(connection, actor, "session.begin", "session", session)
        return token, actor

    def who(self, token: str) -> Actor:
        """Who holds this session. Raises SignInNeeded, NotAllowed for a suspended account."""
        now = self._clock()
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(sessions, accounts.c.name, accounts.c.role, accounts.c.status)
                .join(accounts, accounts.c.id == sessions.c.account).where(sessions.c.token_hash == _hash(token))).first()
        if row is None:
            raise SignInNeeded(ENDED, ENDED_HOW)
        if row.status != "active":
            raise NotAllowed(SUSPENDED, SUSPENDED_HOW)
        seen = read_stamp(row.seen_at)
        if (row.revoked_at or now >= read_stamp(row.expires_at) or now - seen >= IDLE
                or read_stamp(row.created_at) - now > SKEW):
            raise SignInNeeded(ENDED, ENDED_HOW)
        if now - seen >= SEEN_EVERY:
            with self._database.writing() as connection:
                connection.execute(sessions.update().where(sessions.c.id == row.id).values(seen_at=stamp(now)))
        return Actor(row.account, row.name, row.role, "session", row.id)

    def open_sessions(self, account_id: str) -> list[Session]:
        now = stamp(self._clock())
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(sessions).where(
                sessions.c.account == account_id, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now)
                .order_by(sessions.c.created_at.desc()))
            return [Session(r.id, r.account, r.created_at, r.seen_at, r.expires_at, r.agent) for r in rows]

    def end_session(self, actor: Actor, session_id: str) -> None:
        """End one of one's own sessions, or as an administrator anybody's. Raises NotHere."""
        query = sessions.update().where(sessions.c.id == session_id, sessions.c.revoked_at.is_(None))
        if not actor.may("accounts"):
            query = query.where(sessions.c.account == actor.account)
        with self._database.writing() as connection:
            if not connection.execute(query.values(revoked_at=stamp(self._clock()))).rowcount:
                raise not_here()
            self._audit.note(connection, actor, "session.end", "session", session_id)

    # --- API keys ---

    def create_key(self, actor: Actor, label: str, scopes: tuple[str, ...]) -> tuple[ApiKey, str]:
        """A key for the actor's own account, and the key itself. Raises Unacceptable."""
        if not scopes or set(scopes) - set(SCOPES):
            raise Unacceptable(Words("没有这样的权限范围。", "There is no such scope."),
                               Words(f"请用 {'、'.join(SCOPES)}。", f"Use {', '.join(SCOPES)}."))
        token, now = KEY_PREFIX + secrets.token_urlsafe(32), self._clock()
        key = ApiKey(new_id(), actor.account, label, token[: len(KEY_PREFIX) + 4], tuple(dict.fromkeys(scopes)), stamp(now),
                     stamp(now + KEY_LIFE), None)
        with self._database.writing() as connection:
            connection.execute(api_keys.insert().values(
                id=key.id, account=key.account, key_hash=_hash(token), label=label[:200], prefix=key.prefix,
                scopes=list(key.scopes), created_at=key.created_at, expires_at=key.expires_at))
            self._audit.note(connection, actor, "key.create", "key", key.id, {"scopes": list(key.scopes)})
        return key, token

    def who_by_key(self, token: str) -> Actor:
        """Whose key this is, with its scopes. Raises SignInNeeded, NotAllowed for a suspended account."""
        now = self._clock()
        with self._database.reading() as connection:
            row = connection.execute(
                sa.select(api_keys, accounts.c.name, accounts.c.role, accounts.c.status)
                .join(accounts, accounts.c.id == api_keys.c.account).where(api_keys.c.key_hash == _hash(token))).first()
        if row is None or row.revoked_at or now >= read_stamp(row.expires_at):
            raise SignInNeeded(Words("密钥无效。", "This key is not valid."), Words("请向管理员要一个新的。", "Ask for a new one."))
        if row.status != "active":
            raise NotAllowed(SUSPENDED, SUSPENDED_HOW)
        if row.used_at is None or now - read_stamp(row.used_at) >= SEEN_EVERY:
            with self._database.writing() as connection:
                connection.execute(api_keys.update().where(api_keys.c.id == row.id).values(used_at=stamp(now)))
        return Actor(row.account, row.name, row.role, "key", row.id, tuple(row.scopes))

    def keys(self, account_id: str) -> list[ApiKey]:
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(api_keys).where(api_keys.c.account == account_id, api_keys.c.revoked_at.is_(None))
                                      .order_by(api_keys.c.created_at.desc()))
            return [ApiKey(r.id, r.account, r.label, r.prefix, tuple(r.scopes), r.created_at, r.expires_at, r.used_at) for r in rows]

    def revoke_key(self, actor: Actor, key_id: str) -> None:
        """Revoke one of one's own keys, or as an administrator anybody's. Raises NotHere."""
        query = api_keys.update().where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        if not actor.may("accounts"):
            query = query.where(api_keys.c.account == actor.account)
        with self._database.writing() as connection:
            if not connection.execute(query.values(revoked_at=stamp(self._clock()))).rowcount:
                raise not_here()
            self._audit.note(connection, actor, "key.revoke", "key", key_id)


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    return Account(row.id, row.name, row.role, row.status, row.created_at, row.version)

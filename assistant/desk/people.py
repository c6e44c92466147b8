"""Who acts, and what each role may do. The one table of permissions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from assistant.desk.refusals import not_allowed

Role = Literal["visitor", "staff", "reviewer", "admin"]
ROLES: tuple[Role, ...] = ("visitor", "staff", "reviewer", "admin")
Permission = Literal["desk", "any-case", "approve", "audit", "accounts"]

#: desk: find, cases, gaps, replies, figures. any-case: change what another looks after. approve: put replies in force.
ALLOWED: dict[Permission, frozenset[Role]] = {
    "desk": frozenset({"staff", "reviewer", "admin"}),
    "any-case": frozenset({"reviewer", "admin"}),
    "approve": frozenset({"reviewer", "admin"}),
    "audit": frozenset({"reviewer", "admin"}),
    "accounts": frozenset({"admin"}),
}
#: What an API key may be for. ask: the public question only; desk:read and desk:write: what its account may do.
SCOPES = ("ask", "desk:read", "desk:write")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. account: its id, or a word such as `visitor`. via: session · key · command · page."""

    account: str
    name: str
    role: Role
    via: str
    session: str = ""
    scopes: tuple[str, ...] = SCOPES

    def may(self, permission: Permission) -> bool:
        return self.role in ALLOWED[permission]

    def need(self, permission: Permission) -> None:
        """Raises NotAllowed."""
        if not self.may(permission):
            raise not_allowed()


VISITOR = Actor("visitor", "visitor", "visitor", "page")
#: Whoever can run commands on this machine.
OPERATOR = Actor("operator", "operator", "admin", "command")
#: The program itself, such as when it asks open gaps again.
SYSTEM = Actor("system", "system", "admin", "system")

"""The state of the server's shared broker tokens, as the public status endpoints show it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Broker = Literal["kite", "icici"]


@dataclass(frozen=True, slots=True)
class SharedToken:
    """When a shared token was set and when it dies. The token itself is not here."""

    set_at: datetime
    expires_at: datetime


TokenOf = Callable[[Broker], SharedToken | None]


def no_token(broker: Broker) -> SharedToken | None:
    """Return None: this version sets no shared tokens."""
    return None


def token_status(broker: Broker, *, now: datetime, token_of: TokenOf = no_token) -> dict[str, Any]:
    """Return whether the server holds a token of ``broker`` and until when it is valid. Instants as ``…+00:00``."""
    token = token_of(broker)
    kind = {"token_type": "access_token"} if broker == "kite" else {}
    return {
        "initialized": token is not None,
        "valid": token is not None and now < token.expires_at,
        **kind,
        "set_at": None if token is None else _instant(token.set_at),
        "expires_at": None if token is None else _instant(token.expires_at),
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")

"""From what this package keeps to what the settings pages print. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.constants import NOTIFICATION_KINDS
from accounts.models import Broker, UserSession
from core.clock import isoformat_z
from core.models import AuditEntry

METHODS = {
    "password": "by password", "link": "by mailed link", "code": "by mailed code", "register": "by registration",
}  # fmt: skip
ACTIONS = {
    "account.created": "Account made",
    "account.ensured": "Account set up",
    "account.verified": "Address proved",
    "account.deleted": "Account deleted",
    "account.exported": "Data exported",
    "account.activated": "Account activated",
    "account.deactivated": "Account deactivated",
    "agent_key.created": "Agent key made",
    "agent_key.revoked": "Agent key revoked",
    "auth.password_failed": "Wrong password given",
    "auth.signed_in": "Signed in",
    "auth.signed_out": "Signed out",
    "broker_credentials.deleted": "Broker credentials deleted",
    "broker_credentials.stored": "Broker credentials stored",
    "broker_login.failed": "Broker sign-in not completed",
    "broker_login.refused": "Broker sign-in refused",
    "broker_login.returned": "Broker sign-in completed",
    "password.changed": "Password changed",
    "profile.changed": "Name changed",
    "session.ended": "A session was ended",
    "sessions.ended": "Other sessions were ended",
    "totp.disabled": "Two-factor sign-in switched off",
    "totp.enabled": "Two-factor sign-in switched on",
    "user.demoted": "Administrator's rights taken",
    "user.promoted": "Administrator's rights given",
}
KINDS = {
    "signals": ("Signals", "A strategy proposes a trade, or a proposal is about to expire."),
    "orders": ("Orders", "An order was placed, executed, refused, or its fate is unknown."),
    "risk": ("Risk", "A rule warns, blocks, or halts trading."),
    "imports": ("Imports", "An upload or a broker's sync has ended."),
    "digest": ("Daily digest", "One summary after the market closes."),
}
BROKER_WORDS = {
    Broker.KITE: ("Zerodha", "Kite Connect", "https://developers.kite.trade/"),
    Broker.ICICI: ("ICICI Direct", "Breeze", "https://api.icicidirect.com/"),
}
BROKER_CODES = {str(broker): words[0] for broker, words in BROKER_WORDS.items()}


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A sign-in that still counts. Instants as ISO text, for the ages that count on."""

    id: int
    title: str
    how: str
    ip: str
    created_at: datetime
    last_used: str
    is_current: bool
    is_token: bool


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One security event in words."""

    at: datetime
    what: str
    detail: str
    ip: str


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A kind of news and whether it is sent by mail and shown on the pages."""

    kind: str
    label: str
    about: str
    email: bool
    web: bool


@dataclass(frozen=True, slots=True)
class BrokerCard:
    """What is known of one broker: stored credentials (masked) and the connection."""

    key: str
    name: str
    product: str
    console: str
    api_key: str
    updated_at: datetime | None
    connected: bool
    user_id: str
    expires_at: str


def session_row(row: UserSession, current_key: str) -> SessionRow:
    """Return the line of a session; ``current_key`` is the digest of the one that asks."""
    token = row.kind == UserSession.Kind.TOKEN
    how = METHODS.get(row.method, f"by {row.method}") + (" and authenticator" if row.second_factor else "")
    return SessionRow(
        id=row.pk,
        title=row.device or "Unknown device",
        how=how,
        ip=row.ip or "unknown address",
        created_at=row.created_at,
        last_used=isoformat_z(row.last_used_at),
        is_current=row.key_hash == current_key,
        is_token=token,
    )


def activity_row(entry: AuditEntry, user_id: int) -> ActivityRow:
    """Return an entry of the record in words."""
    what = ACTIONS.get(entry.action) or entry.action.replace("_", " ").replace(".", ": ").capitalize()
    return ActivityRow(at=entry.at, what=what, detail=_detail(entry, user_id), ip=entry.ip or "–")


def _detail(entry: AuditEntry, user_id: int) -> str:
    data: Mapping[str, Any] = entry.data
    stranger = entry.actor.startswith("user:") and entry.actor != f"user:{user_id}"
    parts = ["by an administrator" if stranger else "by the system" if entry.actor == "system" else ""]
    parts += [METHODS.get(str(data.get("by", "")), "")]
    parts += ["with authenticator"] if data.get("second_factor") else []
    parts += ["as a program"] if data.get("kind") == "token" else []
    parts += [str(data.get("device", "")), BROKER_CODES.get(entry.object, "")]
    return ", ".join(part for part in parts if part)


def channel_rows(choices: Mapping[str, Mapping[str, bool]]) -> list[ChannelRow]:
    """Return a line for each kind of news."""
    return [
        ChannelRow(kind, *KINDS[kind], email=choices[kind]["email"], web=choices[kind]["web"])
        for kind in NOTIFICATION_KINDS
    ]


def broker_card(broker: str, *, shown: Any, state: Mapping[str, Any]) -> BrokerCard:
    """Return the card of one broker from its masked credentials and its connection."""
    name, product, console = BROKER_WORDS[Broker(broker)]
    expires_at = state["expires_at"]
    return BrokerCard(
        key=broker,
        name=name,
        product=product,
        console=console,
        api_key=shown.api_key or "",
        updated_at=shown.updated_at,
        connected=state["connected"],
        user_id=state["user_id"] or "",
        expires_at=isoformat_z(expires_at) if expires_at else "",
    )


def counted(rows: Iterable[tuple[int, str, str]]) -> list[str]:
    """Return ``3 sessions``, ``1 watchlist`` of (count, singular, plural); nothing of what there is none of."""
    return [f"{count} {one if count == 1 else many}" for count, one, many in rows if count]

"""Reading what this package keeps."""

from datetime import datetime
from typing import Any

from accounts.models import Broker, BrokerSession, User


def roles_of(user: User) -> list[str]:
    """Return the names of what ``user`` may be on this platform."""
    return ["user", "admin"] if user.is_admin else ["user"]


def broker_states(user: User, *, now: datetime) -> dict[str, dict[str, Any]]:
    """Return for each broker whether it is connected, as whom, and until when."""
    live = {row.broker: row for row in BrokerSession.objects.filter(user=user, expires_at__gt=now)}
    return {broker: _state(live.get(broker), now) for broker in Broker.values}


def _state(session: BrokerSession | None, now: datetime) -> dict[str, Any]:
    if session is None:
        return {"connected": False, "user_id": None, "expires_at": None, "expires_in_s": None}
    return {
        "connected": True,
        "user_id": session.broker_user_id or None,
        "expires_at": session.expires_at,
        "expires_in_s": int((session.expires_at - now).total_seconds()),
    }

"""The life of a grant, as a table."""

from django.db.models import TextChoices

from core.errors import Conflict


class GrantState(TextChoices):
    OFFERED = "offered"
    ACTIVE = "active"
    REVOKED = "revoked"


class GrantEvent(TextChoices):
    ACCEPT = "accept"
    REVOKE = "revoke"


NEXT: dict[tuple[GrantState, GrantEvent], GrantState] = {
    (GrantState.OFFERED, GrantEvent.ACCEPT): GrantState.ACTIVE,
    (GrantState.OFFERED, GrantEvent.REVOKE): GrantState.REVOKED,
    (GrantState.ACTIVE, GrantEvent.REVOKE): GrantState.REVOKED,
}


def next_state(state: str, event: GrantEvent) -> GrantState:
    """Return the state after ``event``; raise Conflict if it may not happen."""
    try:
        return NEXT[GrantState(state), event]
    except KeyError:
        raise Conflict(f"A grant that is {state} cannot {event}.", state=state) from None

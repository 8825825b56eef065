"""The life of a delivery: what may follow what."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"  # attempts are used up; kept, may be sent again
    REJECTED = "rejected"  # the receiver refused it for good; kept, may be sent again
    BLOCKED = "blocked"  # the address may not be called; nothing was sent
    HELD = "held"  # the receiver is paused; sent when somebody resumes it


class Happening(StrEnum):
    """What may happen to a delivery."""

    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    PUT_OFF = "put off"
    GIVEN_UP = "given up"
    REFUSED = "refused"
    FORBIDDEN = "forbidden"
    PAUSED = "paused"
    RESENT = "resent"
    RESUMED = "resumed"


TABLE: Final[dict[tuple[State, Happening], State]] = {
    (State.PENDING, Happening.CLAIMED): State.SENDING,
    (State.SENDING, Happening.CLAIMED): State.SENDING,  # its lease ran out: another worker takes over
    (State.SENDING, Happening.ACCEPTED): State.DELIVERED,
    (State.SENDING, Happening.PUT_OFF): State.PENDING,
    (State.SENDING, Happening.GIVEN_UP): State.FAILED,
    (State.SENDING, Happening.REFUSED): State.REJECTED,
    (State.SENDING, Happening.FORBIDDEN): State.BLOCKED,
    (State.SENDING, Happening.PAUSED): State.HELD,
    (State.PENDING, Happening.PAUSED): State.HELD,
    (State.HELD, Happening.RESUMED): State.PENDING,
    (State.HELD, Happening.RESENT): State.PENDING,
    (State.DELIVERED, Happening.RESENT): State.PENDING,
    (State.FAILED, Happening.RESENT): State.PENDING,
    (State.REJECTED, Happening.RESENT): State.PENDING,
    (State.BLOCKED, Happening.RESENT): State.PENDING,
    (State.PENDING, Happening.RESENT): State.PENDING,  # it is due anyway: sooner
}


def after(state: str, happening: Happening) -> State:
    """Return the state that follows. Raises KeyError for what cannot happen in this state."""
    return TABLE[State(state), happening]


def before(happening: Happening) -> list[str]:
    """Return the states in which something can happen."""
    return [state.value for state, what in TABLE if what is happening]

"""The life of a job: what may follow what. A job is an analysis, a sweep or a walk-forward test."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Happening(StrEnum):
    """What may happen to a job."""

    CLAIMED = "claimed"
    PAUSED = "paused"
    FINISHED = "finished"
    BROKE = "broke"
    CANCELLED = "cancelled"


TABLE: Final[dict[tuple[State, Happening], State]] = {
    (State.QUEUED, Happening.CLAIMED): State.RUNNING,
    (State.RUNNING, Happening.CLAIMED): State.RUNNING,  # its lease ran out: another worker goes on
    (State.RUNNING, Happening.PAUSED): State.QUEUED,
    (State.RUNNING, Happening.FINISHED): State.DONE,
    (State.RUNNING, Happening.BROKE): State.FAILED,
    (State.QUEUED, Happening.CANCELLED): State.CANCELLED,
    (State.RUNNING, Happening.CANCELLED): State.CANCELLED,
}

ACTIVE: Final = frozenset({State.QUEUED, State.RUNNING})


def after(state: str, happening: Happening) -> State:
    """Return the state that follows. Raises KeyError for what cannot happen in this state."""
    return TABLE[State(state), happening]


def before(happening: Happening) -> list[str]:
    """Return the states in which something can happen."""
    return [state.value for state, what in TABLE if what is happening]

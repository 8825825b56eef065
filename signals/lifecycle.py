"""The life of an F&O signal: which state may follow which, and the one place that changes it."""

from datetime import datetime
from typing import Any, Final

from core.errors import Conflict
from engines.mvla import outcomes

LIVE: Final = "LIVE"
CLOSED: Final = "CLOSED"

#: Outcome -> outcomes that may follow it. What is closed stays as it is.
MOVES: Final[dict[str, frozenset[str]]] = {
    outcomes.OPEN: frozenset({outcomes.TARGET, outcomes.STOP, outcomes.TIME_EXIT, outcomes.EXPIRED}),
    outcomes.TARGET: frozenset(),
    outcomes.STOP: frozenset(),
    outcomes.TIME_EXIT: frozenset(),
    outcomes.EXPIRED: frozenset(),
}


def status_of(outcome: str) -> str:
    """Return LIVE while the outcome is open, else CLOSED."""
    return LIVE if outcome == outcomes.OPEN else CLOSED


def check_move(before: str, after: str) -> None:
    """Raise Conflict where ``after`` may not follow ``before``."""
    if after not in MOVES[before]:
        raise Conflict(f"A signal that ended with {before} cannot end with {after}.")


def close(signal: Any, *, outcome: str, at: datetime, **facts: Any) -> bool:
    """Close a signal by compare-and-swap; return False, and change nothing, if somebody else did so first.

    ``facts``: further columns, such as the exit's price. Raises Conflict for an impossible move.
    """
    check_move(outcomes.OPEN, outcome)
    live = type(signal).objects.filter(pk=signal.pk, outcome=outcomes.OPEN)
    changed = {"outcome": outcome, "status": status_of(outcome), "closed_at": at, **facts}
    if live.update(**changed) != 1:
        return False
    for name, value in changed.items():
        setattr(signal, name, value)
    return True

"""Announcements during which nothing fires: dated, each with its source. An administrator adds later ones.

The list begins and ends. Before `KNOWN_FROM` and after `KNOWN_UNTIL` nobody has said which days hold an announcement,
so that none is *known* to be clear.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Final

from engines.mvla.inputs import Blackout


@dataclass(frozen=True, slots=True)
class EventRow:
    """Exchange hours of a trade date that are left out. ``sure``: H two sources, M one, L memory."""

    day: date
    kind: str
    source: str
    sure: str


#: Hours by kind: policy statement at 10:00, Budget speech at 11:00, counting from the first minute on.
HOURS: Final = {
    "rbi_policy": (time(9, 45), time(11, 0), "the central bank's policy statement"),
    "budget": (time(10, 45), time(13, 30), "the Budget speech"),
    "election_counting": (time(9, 15), time(15, 30), "the counting of a general election"),
}

_RBI: Final = "Reserve Bank of India, schedule of the Monetary Policy Committee"
_BUDGET: Final = "Union Budget, Ministry of Finance"

EVENTS: Final[tuple[EventRow, ...]] = (
    *(
        EventRow(day, "rbi_policy", _RBI, "M")
        for day in (
            date(2024, 2, 8), date(2024, 4, 5), date(2024, 6, 7), date(2024, 8, 8), date(2024, 10, 9),
            date(2024, 12, 6), date(2025, 2, 7), date(2025, 4, 9), date(2025, 6, 6), date(2025, 8, 6),
            date(2025, 10, 1), date(2025, 12, 5), date(2026, 2, 6),
        )
    ),
    *(
        EventRow(day, "budget", _BUDGET, "M")
        for day in (date(2024, 2, 1), date(2024, 7, 23), date(2025, 2, 1), date(2026, 2, 1))
    ),
    EventRow(date(2024, 6, 4), "election_counting", "Election Commission of India", "M"),
)  # fmt: skip


#: The first and the last day of the shipped list.
KNOWN_FROM: Final = min(row.day for row in EVENTS)
KNOWN_UNTIL: Final = max(row.day for row in EVENTS)


def known_until(others: date | None) -> date:
    """Return the last day up to which announcements are listed; ``others``: the last of an administrator's."""
    return KNOWN_UNTIL if others is None else max(KNOWN_UNTIL, others)


def blackouts_on(day: date) -> tuple[Blackout, ...]:
    """Return the shipped stretches of a trade date."""
    return tuple(Blackout(*HOURS[row.kind]) for row in EVENTS if row.day == day)

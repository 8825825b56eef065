"""SEBI's risk disclosure on futures and options, and who has acknowledged it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction

from accounts.models import User
from core import audit
from core.clock import isoformat_z
from signals.models import FnoAcknowledgement


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One wording. ``version`` changes with the text, and everybody is asked again."""

    version: str
    valid_from: date
    points: tuple[str, ...]
    newer: tuple[str, ...]
    source: str


#: Newest last. The first four points are what SEBI asks brokers to show (study of January 2023, year to March 2022).
DISCLOSURES: Final = (
    Disclosure(
        version="2025-07",
        valid_from=date(2025, 7, 7),
        points=(
            "9 out of 10 individual traders in equity futures and options made net losses.",
            "On average, those who lost had a net trading loss close to ₹50,000.",
            "On top of their losses they spent another 28% of them on transaction costs.",
            "Those who made a profit spent between 15% and 50% of it on transaction costs.",
        ),
        newer=(
            "In the year to March 2025, 91% of individual traders in equity derivatives lost money.",
            "Together they lost ₹1,05,603 crore in that year, after costs.",
        ),
        source="SEBI studies of individual traders in equity derivatives, 25 January 2023 and 7 July 2025",
    ),
)


def current(on: date) -> Disclosure:
    """Return the text that is in force on a day."""
    return next(one for one in reversed(DISCLOSURES) if one.valid_from <= on or one is DISCLOSURES[0])


def acknowledged_at(user: User, *, on: date) -> datetime | None:
    """Return when the user acknowledged the present text; None if he has not."""
    found = FnoAcknowledgement.objects.filter(user=user, version=current(on).version)
    return found.values_list("at", flat=True).first()


@transaction.atomic
def acknowledge(*, user: User, version: str, now: datetime) -> datetime:
    """Note that the user has read a text, once; return when."""
    row, is_new = FnoAcknowledgement.objects.get_or_create(user=user, version=version, defaults={"at": now})
    if is_new:
        audit.record(actor=user, action="fno.risk_acknowledged", data={"version": version}, at=now)
    return row.at


def facts(user: User, *, now: datetime, on: date) -> dict[str, object]:
    """Return the text and whether it was acknowledged, as the API shows it."""
    text, at = current(on), acknowledged_at(user, on=on)
    return {
        "version": text.version,
        "points": [*text.points, *text.newer],
        "source": text.source,
        "acknowledged_at": None if at is None else isoformat_z(at),
        "as_of": isoformat_z(now),
    }

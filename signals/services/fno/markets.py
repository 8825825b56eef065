"""The two markets that signals are of: their records, rules and calibrators are kept apart."""

from typing import Any, Final

from django.db.models import QuerySet

from market.constants import REAL_SOURCES
from market.services.providers import registry

REAL: Final = "real"
#: The simulated exchange, and what is played back.
SIMULATED: Final = "simulated"
MARKETS: Final = (REAL, SIMULATED)


def market_of(data_source: str) -> str:
    """Return the market that a source of prices belongs to."""
    return REAL if data_source in REAL_SOURCES else SIMULATED


def present_market() -> str:
    """Return the market that is looked at now: that of the first configured source."""
    return market_of(registry().primary_source)


def of_market(rows: QuerySet[Any], market: str) -> QuerySet[Any]:
    """Return those of ``rows`` (with a ``data_source``) that are of a market."""
    return rows.filter(data_source__in=REAL_SOURCES) if market == REAL else rows.exclude(data_source__in=REAL_SOURCES)

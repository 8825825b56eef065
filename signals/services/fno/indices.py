"""The four indices: where their prices, futures, options and members are."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from core.errors import InvalidIndex, InvalidRequest
from engines.exchange.calendar import TradingCalendar
from engines.exchange.contract_names import future_name
from engines.exchange.derivatives import next_monthly_expiry
from engines.exchange.naming import INDEX_DERIVATIVE_EXCHANGE, INDEX_KEYS
from engines.simulation.listing import full_listing
from market.models import Instrument
from market.selectors.universes import members_of

INDICES: Final = tuple(INDEX_KEYS)
UNIVERSES: Final = {
    "NIFTY": "nifty_50",
    "BANKNIFTY": "nifty_bank",
    "FINNIFTY": "nifty_fin_service",
    "SENSEX": "sensex",
}


@dataclass(frozen=True, slots=True)
class Future:
    """The near-month future: ``EXCHANGE:SYMBOL`` and its expiry."""

    key: str
    expiry: date


def check_index(text: str | None) -> str:
    """Return the name of an index, written in any case. Raises InvalidRequest without one, InvalidIndex for another."""
    if not text or not text.strip():
        raise InvalidRequest(f"`index` is needed: one of {', '.join(INDICES)}.")
    name = text.strip().upper()
    if name not in INDICES:
        raise InvalidIndex(f"There are no signals for {text.strip()[:20]}; the indices are {', '.join(INDICES)}.")
    return name


def near_future(index: str, trade_date: date, calendar: TradingCalendar) -> Future:
    """Return the near-month future: as listed, else by the rules of contract names. Raises CalendarUnknown."""
    exchange = INDEX_DERIVATIVE_EXCHANGE[index]
    listed = Instrument.objects.filter(
        exchange=exchange, segment="FUT", underlying=index, expiry__gte=trade_date, is_active=True
    )
    found = listed.exclude(symbol="").order_by("expiry").first()
    if found is not None and found.expiry is not None:
        return Future(found.key, found.expiry)
    expiry = next_monthly_expiry(index, trade_date, calendar)
    return Future(f"{exchange}:{future_name(index, expiry.year, expiry.month)}", expiry)


def weights(index: str, on: date) -> dict[str, float]:
    """Return the members of an index with their weights: of the dated list, else of the shipped listing.

    The exchange's lists bring no weights. The shipped ones are approximate; a member they do not know has their mean.
    """
    members = [member.instrument.key for member in members_of(UNIVERSES[index], on=on)]
    shipped = _shipped()
    keys = members or _shipped_members(index)
    known = [shipped[key.partition(":")[2]] for key in keys if shipped.get(key.partition(":")[2])]
    mean = sum(known) / len(known) if known else 1.0
    return {key: shipped.get(key.partition(":")[2]) or mean for key in keys}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, float]:
    return {stock.symbol: stock.weight for stock in full_listing().stocks}


@lru_cache(maxsize=4)
def _shipped_members(index: str) -> list[str]:
    return list(full_listing().universe(UNIVERSES[index])) if UNIVERSES[index] != "nifty_fin_service" else _financial()


def _financial() -> list[str]:
    key = INDEX_KEYS["FINNIFTY"]
    return next(list(one.members) for one in full_listing().indices if one.key == key)

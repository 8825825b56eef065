"""Steps inside the opening and closing call auctions: which orders are taken when."""

from dataclasses import dataclass
from datetime import date, time
from typing import Final


@dataclass(frozen=True, slots=True)
class AuctionStep:
    """One step of a call auction, exchange time of day, ``end`` excluded.

    ``random_close_from`` is the earliest moment at which order entry may end by chance, None where it ends on time.
    """

    name: str
    start: time
    end: time
    market_orders: bool
    limit_orders: bool
    random_close_from: time | None = None


def _step(name: str, hours: str, *, market: bool, limit: bool, random_from: str | None = None) -> AuctionStep:
    start, end = (time.fromisoformat(part) for part in hours.split("-"))
    return AuctionStep(name, start, end, market, limit, time.fromisoformat(random_from) if random_from else None)


#: (valid_from, steps, source), newest first.
PRE_OPEN_STEPS: Final = (
    (
        date(2026, 9, 7),
        (
            _step("entry", "09:00-09:05", market=True, limit=True),
            _step("limit_entry", "09:05-09:10", market=False, limit=True, random_from="09:08"),
            _step("matching", "09:10-09:12", market=False, limit=False),
            _step("buffer", "09:12-09:15", market=False, limit=False),
        ),
        "NSE pre-open FAQ of 2026-07-01; BSE notices of 2026-08-03",
    ),
    (
        date(2010, 10, 18),
        (
            _step("entry", "09:00-09:08", market=True, limit=True, random_from="09:07"),
            _step("matching", "09:08-09:12", market=False, limit=False),
            _step("buffer", "09:12-09:15", market=False, limit=False),
        ),
        "NSE/BSE pre-open call auction, in force 2010-10-18",
    ),
)

CLOSING_AUCTION_STEPS: Final = (
    (
        date(2026, 8, 3),
        (
            _step("reference_price", "15:15-15:20", market=False, limit=False),
            _step("entry", "15:20-15:25", market=True, limit=True),
            _step("limit_entry", "15:25-15:30", market=False, limit=True, random_from="15:28"),
            _step("matching", "15:30-15:35", market=False, limit=False),
        ),
        "SEBI circular of 2026-01-16; NSE trading modalities of 2026-05-29",
    ),
)

#: Limit prices in the closing auction lie within this percentage of the reference price (VWAP 15:00-15:15).
CLOSING_AUCTION_BAND_PCT: Final = 3.0


def pre_open_steps(trade_date: date) -> tuple[AuctionStep, ...]:
    """Return the steps of the opening auction of shares; empty before there was one."""
    return next((steps for since, steps, _ in PRE_OPEN_STEPS if since <= trade_date), ())


def closing_auction_steps(trade_date: date) -> tuple[AuctionStep, ...]:
    """Return the steps of the closing auction of eligible shares; empty before 2026-08-03."""
    return next((steps for since, steps, _ in CLOSING_AUCTION_STEPS if since <= trade_date), ())

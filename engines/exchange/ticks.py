"""Tick sizes, rounding to them, price bands and the market-wide breaker. Prices are Decimal rupees."""

from dataclasses import dataclass
from datetime import date, time
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final


class TickGroup(StrEnum):
    """Instruments that share a tick table."""

    STOCK = "STOCK"
    STOCK_FUTURE = "STOCK_FUTURE"
    ETF = "ETF"
    INDEX_FUTURE = "INDEX_FUTURE"
    INDEX_OPTION = "INDEX_OPTION"
    STOCK_OPTION = "STOCK_OPTION"


@dataclass(frozen=True, slots=True)
class TickRow:
    """From ``valid_from`` on: (upper price bound, tick) pairs in rising order, the last bound open."""

    group: TickGroup
    valid_from: date
    steps: tuple[tuple[Decimal | None, Decimal], ...]
    source: str


def _steps(text: str) -> tuple[tuple[Decimal | None, Decimal], ...]:
    pairs = (part.split(":") for part in text.split())
    return tuple((None if bound == "*" else Decimal(bound), Decimal(tick)) for bound, tick in pairs)


_BEGINNING: Final = date(2000, 1, 1)
_PRICE_BASED: Final = "250:0.01 1000:0.05 5000:0.10 10000:0.50 20000:1.00 *:5.00"
_NSE_2024: Final = "NSE circular of May 2024: 0.01 below 250 rupees from 2024-06-10"
_NSE_2025: Final = "NSE circular on price-based ticks in force 2025-04-15 (Fyers notice of 2025-03-17)"
_OPTION_2025: Final = "NSE: stock options 0.01 where the share is below 250, from 2025-11-03"
_PRACTICE: Final = "exchange practice"

TICK_TABLE: Final[tuple[TickRow, ...]] = (
    TickRow(TickGroup.STOCK, _BEGINNING, _steps("*:0.05"), _PRACTICE),
    TickRow(TickGroup.STOCK, date(2024, 6, 10), _steps("250:0.01 *:0.05"), _NSE_2024),
    TickRow(TickGroup.STOCK, date(2025, 4, 15), _steps(_PRICE_BASED), _NSE_2025),
    TickRow(TickGroup.STOCK_FUTURE, _BEGINNING, _steps("*:0.05"), _PRACTICE),
    TickRow(TickGroup.STOCK_FUTURE, date(2025, 4, 15), _steps(_PRICE_BASED), _NSE_2025),
    TickRow(TickGroup.ETF, _BEGINNING, _steps("*:0.01"), _PRACTICE),
    TickRow(TickGroup.INDEX_FUTURE, _BEGINNING, _steps("*:0.05"), _PRACTICE),
    TickRow(TickGroup.INDEX_FUTURE, date(2025, 4, 15), _steps("15000:0.05 30000:0.10 *:0.20"), _NSE_2025),
    TickRow(TickGroup.INDEX_OPTION, _BEGINNING, _steps("*:0.05"), _PRACTICE),
    TickRow(TickGroup.STOCK_OPTION, _BEGINNING, _steps("*:0.05"), _PRACTICE),
    TickRow(TickGroup.STOCK_OPTION, date(2025, 11, 3), _steps("250:0.01 *:0.05"), _OPTION_2025),
)

#: Prices of exactly 250 rupees have the larger tick; at the higher bounds the smaller one ("below 250", "above 1000").
_OPEN_BOUND: Final = Decimal(250)


def tick_size(group: TickGroup, reference_price: Decimal, trade_date: date) -> Decimal:
    """Return the tick of an instrument.

    ``reference_price``: for shares and their futures the close of the last session of the month before, for index
    futures the index level, for stock options the share's price. Live instruments bring their own tick.
    """
    if reference_price <= 0:
        raise ValueError(f"a reference price is positive, was {reference_price}")
    rows = [row for row in TICK_TABLE if row.group is group and row.valid_from <= trade_date]
    if not rows:
        raise LookupError(f"no tick size of {group} for {trade_date.isoformat()}")
    for bound, tick in rows[-1].steps:
        if bound is None or reference_price < bound or (reference_price == bound and bound != _OPEN_BOUND):
            return tick
    raise AssertionError("the last step of a tick row has no bound")


def _to_tick(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    if tick <= 0:
        raise ValueError(f"a tick is positive, was {tick}")
    return (price / tick).quantize(Decimal(1), rounding=rounding) * tick


def round_tick(price: Decimal, tick: Decimal) -> Decimal:
    """Return the nearest price on the tick, halves up."""
    return _to_tick(price, tick, ROUND_HALF_UP)


def round_up(price: Decimal, tick: Decimal) -> Decimal:
    """Return the lowest price on the tick that is not below ``price``."""
    return _to_tick(price, tick, ROUND_CEILING)


def round_down(price: Decimal, tick: Decimal) -> Decimal:
    """Return the highest price on the tick that is not above ``price``."""
    return _to_tick(price, tick, ROUND_FLOOR)


def round_limit(price: Decimal, tick: Decimal, side: str) -> Decimal:
    """Return a limit price on the tick: a buy's goes up, a sell's down, so that it still fills."""
    if side not in {"BUY", "SELL"}:
        raise ValueError(f"side is BUY or SELL, was {side!r}")
    return round_up(price, tick) if side == "BUY" else round_down(price, tick)


#: Fixed daily bands of shares without derivatives, percent of the previous close.
FIXED_BANDS_PCT: Final = (2, 5, 10, 20)
#: Shares with derivatives: first dynamic band, and what each flexing adds, percent.
DYNAMIC_BAND_PCT: Final = 10
DYNAMIC_FLEX_PCT: Final = 5
#: ETFs from 2026-06-15: first band and the widest, percent (exchange notices after SEBI 2026-06-15).
ETF_BAND_PCT: Final = 10
ETF_MAX_BAND_PCT: Final = 20


def price_band(previous_close: Decimal, band_pct: Decimal | int, tick: Decimal) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest price allowed, both on the tick and inside the band."""
    width = previous_close * Decimal(band_pct) / 100
    return round_up(previous_close - width, tick), round_down(previous_close + width, tick)


def dynamic_band(previous_close: Decimal, flexes: int, tick: Decimal) -> tuple[Decimal, Decimal]:
    """Return the band of a share with derivatives after ``flexes`` widenings (10 %, then 5 % more each)."""
    return price_band(previous_close, DYNAMIC_BAND_PCT + DYNAMIC_FLEX_PCT * flexes, tick)


@dataclass(frozen=True, slots=True)
class Halt:
    """Effect of the market-wide breaker. ``minutes`` is None for the rest of the day; then nothing reopens."""

    level_pct: int
    minutes: int | None
    pre_open_minutes: int


BREAKER_SOURCE: Final = "NSE equity market circuit breakers; NIFTY 50 or SENSEX, whichever moves first"
_PRE_OPEN_AFTER_HALT: Final = 15
_REST_OF_DAY: Final = None

#: (level, (before this time, minutes halted)...), levels falling; 0 minutes is no halt, None the rest of the day.
BREAKER_TABLE: Final[tuple[tuple[int, tuple[tuple[time, int | None], ...]], ...]] = (
    (20, ((time.max, _REST_OF_DAY),)),
    (15, ((time(13), 105), (time(14), 45), (time.max, _REST_OF_DAY))),
    (10, ((time(13), 45), (time(14, 30), 15), (time.max, 0))),
)


def market_wide_halt(move_pct: float, at: time) -> Halt | None:
    """Return the halt that an index move (percent of the previous close, either sign) brings at a time, or None."""
    for level, rows in BREAKER_TABLE:
        if abs(move_pct) >= level:
            minutes = next(minutes for before, minutes in rows if at < before or before == time.max)
            if minutes == 0:
                return None
            return Halt(level, minutes, 0 if minutes is None else _PRE_OPEN_AFTER_HALT)
    return None

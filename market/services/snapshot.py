"""``GET /api/index/snapshot``: indices, sectors, top signals and the state of the market, as one prepared answer."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from core.clock import isoformat_ist
from core.errors import DataUnavailable
from market.adapters.base import Quote
from market.services.quotes import Entry

NIFTY, BANKNIFTY, SENSEX, VIX = "NSE:NIFTY 50", "NSE:NIFTY BANK", "BSE:SENSEX", "NSE:INDIA VIX"
INDEX_SYMBOLS: Final = (NIFTY, BANKNIFTY, SENSEX, VIX)
UNIVERSE: Final = "nifty_100"
MAX_SIGNALS: Final = 10


@dataclass(frozen=True, slots=True)
class PatternSignal:
    """A pattern seen on a symbol; ``confidence`` 0 to 100.

    ``data_source`` and ``session``: of the daily bars it was seen in, which need not be the source of the quotes.
    """

    symbol: str
    pattern: str
    confidence: float
    data_source: str
    session: date


@dataclass(frozen=True, slots=True)
class MarketState:
    """The phase of the market shown (NSE) and what comes next; ``UNKNOWN`` in a year without a calendar."""

    is_open: bool
    phase: str
    next_phase: str | None = None
    next_change_at: datetime | None = None


TopSignals = Callable[[datetime], Sequence[PatternSignal]]


def no_signals(now: datetime) -> Sequence[PatternSignal]:
    """Return no signals: patterns are found by a package above this one, which hands in its own function."""
    return ()


def snapshot(
    *,
    entries: Mapping[str, Entry],
    sectors: Mapping[str, str],
    market: MarketState,
    signals: Sequence[PatternSignal],
    now: datetime,
) -> dict[str, Any]:
    """Return the answer. ``entries``: quotes by symbol; ``sectors``: the sector of each member of the universe.

    Changes are percent since the previous close. ``as_of`` is the newest index value's instant. Raises
    DataUnavailable when no index has a value.
    """
    indices = {symbol: entries[symbol] for symbol in INDEX_SYMBOLS if symbol in entries}
    if not indices:
        raise DataUnavailable("No source has the indices now. Try again.")
    newest = max(indices.values(), key=lambda entry: entry.as_of_s)
    first = indices.get(NIFTY, newest)
    return {
        "nifty_price": _price(indices.get(NIFTY)),
        "nifty_change": _change(indices.get(NIFTY)),
        "banknifty_price": _price(indices.get(BANKNIFTY)),
        "banknifty_change": _change(indices.get(BANKNIFTY)),
        "sensex_price": _price(indices.get(SENSEX)),
        "sensex_change": _change(indices.get(SENSEX)),
        "vix": _price(indices.get(VIX)),
        "signals": [_signal(row) for row in signals[:MAX_SIGNALS]],
        "sectors": sector_changes(entries, sectors),
        "market": {
            "is_open": market.is_open,
            "phase": market.phase,
            "next_phase": market.next_phase,
            "next_change_at": market.next_change_at,
            "as_of_ist": isoformat_ist(newest.quote.as_of),
        },
        "data_source": first.source,
        "as_of": newest.quote.as_of,
    }


def sector_changes(entries: Mapping[str, Entry], sectors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return ``{name, change_pct}`` of every sector, best first.

    A sector's change is the mean of its members' changes, weighted by the rupees traded today.
    """
    groups: dict[str, list[Quote]] = defaultdict(list)
    for symbol, sector in sectors.items():
        entry = entries.get(symbol)
        if entry is not None and entry.quote.change_pct is not None:
            groups[sector or "Other"].append(entry.quote)
    rows = [{"name": name, "change_pct": round(_weighted(quotes), 2)} for name, quotes in groups.items()]
    return sorted(rows, key=lambda row: (-row["change_pct"], row["name"]))


def _weighted(quotes: Sequence[Quote]) -> float:
    weights = [max(quote.last_price * (quote.volume or 0), 1.0) for quote in quotes]
    changes = [quote.change_pct or 0.0 for quote in quotes]
    return sum(w * change for w, change in zip(weights, changes, strict=True)) / sum(weights)


def _price(entry: Entry | None) -> float | None:
    return None if entry is None else round(entry.quote.last_price, 2)


def _change(entry: Entry | None) -> float | None:
    return None if entry is None or entry.quote.change_pct is None else round(entry.quote.change_pct, 2)


def _signal(row: PatternSignal) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "pattern": row.pattern,
        "confidence": round(row.confidence, 1),
        "data_source": row.data_source,
        "session": row.session.isoformat(),
    }

"""``GET /api/portfolio/live-prices``: parsed and rendered here for the Django route and for the fast path alike."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

import orjson
from django.http import QueryDict

from core.errors import InvalidRequest
from market.constants import MAX_LIVE_PRICE_SYMBOLS
from market.services.market_hours import MarketHours
from market.services.quotes import Entry, QuoteStore
from market.stream.symbols import canonical, is_well_formed


def parse_symbols(text: str | None) -> tuple[str, ...]:
    """Return the distinct symbols of a comma-separated list, canonical. Raises InvalidRequest for none or too many."""
    parts = [part for part in (text or "").split(",") if part.strip()]
    if not parts:
        raise InvalidRequest("symbols: name at least one, as in ?symbols=NSE:TCS,NSE:INFY.")
    if len(parts) > MAX_LIVE_PRICE_SYMBOLS:
        raise InvalidRequest(f"symbols: at most {MAX_LIVE_PRICE_SYMBOLS} at a time; there are {len(parts)}.")
    return tuple(dict.fromkeys(canonical(part) for part in parts))


@lru_cache(maxsize=1024)
def symbols_of_query(query: bytes) -> tuple[str, ...] | None:
    """Return the symbols of a raw query string, or None if the request is not one to answer with prices."""
    try:
        return parse_symbols(QueryDict(query).get("symbols"))
    except Exception:  # whatever is wrong with it, the Django route says so
        return None


def render(entries: Sequence[Entry], missing: Sequence[str], *, stale: Callable[[Entry], bool]) -> bytes:
    """Return the body. ``as_of`` is the newest quote's instant, ``data_source`` the first one's."""
    rows = b",".join([entry.row(stale=stale(entry)) for entry in entries])
    source = f'"{entries[0].source}"' if entries else "null"
    as_of = f'"{max(entry.at for entry in entries)}"' if entries else "null"
    tail = f',"data_source":{source},"as_of":{as_of}}}'.encode()
    return b'{"quotes":[' + rows + b'],"missing":' + orjson.dumps(list(missing)) + tail


class LivePrices:
    """Answers the request. ``known`` (blocking) keeps symbols that do not exist away from the sources."""

    def __init__(self, store: QuoteStore, hours: MarketHours, known: Callable[[Sequence[str]], set[str]]) -> None:
        self._store, self._hours, self._known = store, hours, known

    def at_once(self, query: bytes, *, now: datetime) -> bytes | None:
        """Return the body if it can be made from memory alone, else None. Never blocks."""
        symbols = symbols_of_query(query)
        if symbols is None or not all(self._hours.knows(symbol, now) for symbol in symbols):
            return None
        entries = self._store.fresh(symbols, now=now)
        return None if entries is None else self._render(entries, (), now)

    def read(self, text: str | None, *, now: datetime) -> bytes:
        """Return the body, asking the sources for what memory lacks. Raises InvalidRequest, DataUnavailable."""
        symbols = parse_symbols(text)
        known = self._known([symbol for symbol in symbols if is_well_formed(symbol)])
        wanted = [symbol for symbol in symbols if symbol in known]
        self._hours.load(wanted, now)
        found = self._store.read(wanted, now=now) if wanted else {}
        missing = [symbol for symbol in symbols if symbol not in found]
        return self._render([found[symbol] for symbol in symbols if symbol in found], missing, now)

    def _render(self, entries: Sequence[Entry], missing: Sequence[str], now: datetime) -> bytes:
        return render(entries, missing, stale=lambda entry: self._store.is_stale(entry, now))

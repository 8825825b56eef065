"""The market a strategy is worked out over: a stretch of a universe's panel, its index, and what to know about both.

A universe has one panel over all its history, shared by everybody; a run, scan or match takes a stretch of it with the
bars before as warm-up. A stretch is named by a digest of its numbers, so that equal names mean equal numbers, in every
process and after every import.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from core import versions
from core.errors import InvalidRequest, NotFound
from engines.panel import PricePanel
from engines.strategy.data import IndexSeries, MarketData
from market.constants import Source
from market.services import sandbox
from market.services.exchanges import trading_calendar
from market.services.panels import at_hand as ready_panel
from market.services.panels import panel as shared_panel
from signals.constants import VERSION_ISCORE
from signals.services.history import DailyHistory, complete_part, first_list, index_closes, known_symbol
from signals.services.iscore.stored import stored_scores

HISTORY_START: Final = date(1990, 1, 1)
HISTORY_END: Final = date(2100, 12, 31)
#: Sessions before the first day that indicators may look back on: 400 bars, and room for missing ones.
WARM_UP_SESSIONS: Final = 520
MAX_DAYS: Final = 6_500
MAX_SYMBOLS: Final = 500
DEFAULT_INDEX: Final = "NSE:NIFTY 50"
_KEPT: Final = 6

START_BEFORE_DATA: Final = "START_BEFORE_DATA"
SURVIVORSHIP_BIASED: Final = "SURVIVORSHIP_BIASED"
INDEX_SUBSTITUTED: Final = "INDEX_SUBSTITUTED"
ADJUSTED_PRICES: Final = "ADJUSTED_PRICES"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A universe from ``first`` to ``last`` (rows of ``data.panel``), the rows before ``first`` being warm-up.

    ``index``: symbol of the index, empty where the universe's equal-weighted index takes its place. ``source``:
    data_source of all prices. ``as_of``: the last session. ``flags``, ``notes``: what a reader should know.
    """

    universe: str
    data: MarketData
    first: int
    last: int
    index: str
    flags: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def panel(self) -> PricePanel:
        return self.data.panel

    @property
    def source(self) -> str:
        return self.panel.source

    @property
    def as_of(self) -> date:
        return self.panel.dates[self.last].item()

    @property
    def days(self) -> int:
        """Return the simulated sessions."""
        return self.last - self.first + 1


_kept: OrderedDict[Any, Stretch] = OrderedDict()
_lock = threading.Lock()


def stretch(
    *,
    universe: str,
    start: date,
    end: date,
    now: datetime,
    index: str = DEFAULT_INDEX,
    warm_up: int = 0,
    needs: int = 0,
    scores: bool = False,
) -> Stretch:
    """Return the stretch from ``start`` to ``end`` (trade dates, both included), cut to complete sessions.

    ``warm_up``: sessions the rules look back. ``needs``: how many of them need the index. ``scores``: whether the
    rules ask for I-Scores. Raises InvalidRequest for an unknown universe or index, a range without sessions, or one
    that is too large, DataUnavailable where no session is complete.
    """
    whole = complete_panel(universe, now)
    kept_scores = versions.current(VERSION_ISCORE) if scores else -1
    key = (whole.version, universe.lower(), start, end, index, warm_up, needs, kept_scores)
    if not versions.in_transaction() and (found := _kept.get(key)) is not None:
        return found
    made = _cut(whole, universe.lower(), start, end, index, max(WARM_UP_SESSIONS, warm_up + 120), needs, now, scores)
    if not versions.in_transaction():
        with _lock:
            _kept[key] = made
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return made


def forget() -> None:
    """Drop what this process keeps. For tests and measurements."""
    with _lock:
        _kept.clear()


def whole_panel(universe: str, now: datetime) -> PricePanel:
    """Return all history of a universe: imported prices, else those of the simulated exchange up to its last close."""
    try:
        found = panel_at_hand(universe, now)
        if found is not None:
            return found
        fill, stored = DailyHistory.of_sources(now), not sandbox.active()
        return shared_panel(universe, HISTORY_START, HISTORY_END, fill=fill, stored=stored)
    except NotFound as error:
        raise InvalidRequest(error.detail) from None


def complete_panel(universe: str, now: datetime) -> PricePanel:
    """Return what `whole_panel` does, up to the last session that is complete: its bars are final, no later one is.

    Raises what `whole_panel` raises, DataUnavailable where no session is complete.
    """
    return complete_part(whole_panel(universe, now), now)


def complete_at_hand(universe: str, now: datetime) -> PricePanel | None:
    """Return what `complete_panel` would, or None if the prices are still to be built (or there is no such universe).

    Raises DataUnavailable where no session is complete.
    """
    found = panel_at_hand(universe, now)
    return None if found is None else complete_part(found, now)


def panel_at_hand(universe: str, now: datetime) -> PricePanel | None:
    """Return what `whole_panel` would, or None if that is still to be built (or there is no such universe).

    Where a deployment's own prices are simulated, the sandbox has the same panel.
    """
    fill = DailyHistory.of_sources(now)
    found = ready_panel(universe, HISTORY_START, HISTORY_END, fill=fill)
    if not sandbox.active() or (found is not None and found.source == Source.SIMULATED):
        return found
    return ready_panel(universe, HISTORY_START, HISTORY_END, fill=fill, stored=False)


def _cut(
    whole: PricePanel, universe: str, start: date, end: date, index: str, warm_up: int, needs: int, now: datetime,
    scores: bool,
) -> Stretch:  # fmt: skip
    first, last = _rows(whole, start, end)
    begin = max(0, first - warm_up)
    panel = _columns(whole, slice(begin, last + 1))
    _refuse_large(last - first + 1, len(panel.symbols))
    first_row, last_row = first - begin, last - begin
    series = _index(index, panel, max(0, first_row - needs), now)
    following = whole.dates[last + 1].item() if last + 1 < len(whole.dates) else _next_session(panel)
    named = replace(panel, version=digest(panel, series))
    flags = _flags(universe, start, whole, panel, first_row, series is None)
    figures, figures_version = stored_scores(panel) if scores else ({}, "")
    data = MarketData(named, series, figures, figures_version, following)
    return Stretch(universe, data, first_row, last_row, index if series else "", flags, panel.notes)


def _rows(whole: PricePanel, start: date, end: date) -> tuple[int, int]:
    """Return the first and last session within the range."""
    first = int(np.searchsorted(whole.dates, np.datetime64(start, "D"), side="left"))
    last = int(np.searchsorted(whole.dates, np.datetime64(end, "D"), side="right")) - 1
    if first > last:
        have = f"prices are there from {whole.dates[0]} to {whole.dates[-1]}"
        raise InvalidRequest(f"There is no session from {start} to {end}; {have}.")
    return first, last


def _columns(whole: PricePanel, rows: slice) -> PricePanel:
    """Return the rows, and of the symbols those that are members and have prices there."""
    part = {name: getattr(whole, name)[rows] for name in ("open", "high", "low", "close", "volume", "factor", "member")}
    used = np.asarray(part["member"].any(axis=0) & ~np.isnan(part["close"]).all(axis=0))
    symbols, sectors = whole.symbols, whole.sectors
    if not used.all():
        chosen = np.flatnonzero(used)
        if not len(chosen):
            raise InvalidRequest("No member of the universe has prices in the range.")
        part = {name: np.ascontiguousarray(table[:, chosen]) for name, table in part.items()}
        symbols, sectors = tuple(symbols[i] for i in chosen), tuple(sectors[i] for i in chosen)
    return replace(whole, dates=whole.dates[rows], symbols=symbols, sectors=sectors, **part)


def _refuse_large(days: int, symbols: int) -> None:
    if days > MAX_DAYS or symbols > MAX_SYMBOLS:
        raise InvalidRequest(
            f"The run has {symbols} symbols and {days} sessions; at most {MAX_SYMBOLS} and {MAX_DAYS} are allowed."
        )


def _index(symbol: str, panel: PricePanel, needed_from: int, now: datetime) -> IndexSeries | None:
    """Return the index on the panel's dates, or None when a session is missing where it is needed."""
    found = index_closes(symbol, panel, now=now)
    if found is None:
        if not known_symbol(symbol, now=now):
            raise InvalidRequest(f"benchmark: {symbol} is not known.")
        return None
    return None if np.isnan(found.close[needed_from:]).any() else found


def _next_session(panel: PricePanel) -> date | None:
    try:
        return trading_calendar("NSE").next_session(panel.dates[-1].item())
    except Exception:  # no calendar of that year: the next weekday is taken
        return None


def _flags(
    universe: str, start: date, whole: PricePanel, panel: PricePanel, first: int, substituted: bool
) -> tuple[str, ...]:
    flags = []
    if np.datetime64(start, "D") < whole.dates[0]:
        flags.append(START_BEFORE_DATA)
    since = first_list(universe)
    if since is not None and np.datetime64(since, "D") > panel.dates[first]:
        flags.append(SURVIVORSHIP_BIASED)
    if substituted:
        flags.append(INDEX_SUBSTITUTED)
    if (panel.factor != 1.0).any():
        flags.append(ADJUSTED_PRICES)
    return tuple(flags)


def digest(panel: PricePanel, series: IndexSeries | None) -> str:
    """Name the numbers of a panel and its index: source and the start of a SHA-256 over all of them."""
    found = hashlib.sha256()
    found.update("\n".join((*panel.symbols, "", *panel.sectors)).encode())
    names = ("dates", "open", "high", "low", "close", "volume", "factor", "member")
    for table in [getattr(panel, name) for name in names]:
        found.update(np.ascontiguousarray(table).view(np.uint8).data)
    if series is not None:
        found.update(series.version.encode())
        for column in (series.open, series.high, series.low, series.close):
            if column is not None:
                found.update(np.ascontiguousarray(column).view(np.uint8).data)
    return f"{panel.source}-{found.hexdigest()[:20]}"

"""Daily histories that panels and indices are made of: the stored record, else the simulated exchange's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

import numpy as np
from django.conf import settings

from core.clock import IST
from core.errors import DataUnavailable, InvalidSymbol
from engines.exchange.calendar import CalendarUnknown
from engines.panel import Floats, PricePanel
from engines.strategy.data import IndexSeries
from market.adapters.base import Bars
from market.constants import Source
from market.models import UniverseSnapshot
from market.selectors.instruments import find_instrument
from market.services.candles import read_bars
from market.services.exchanges import clock_for, official_clock
from market.services.panel_files import ARRAYS
from market.services.providers import registry

_USUAL_CLOSE: Final = time(15, 30)
#: When end-of-day data of a session is complete in the evening.
EVENING: Final = time(19, 0)


@dataclass(frozen=True, slots=True)
class DailyHistory:
    """Day bars of a source that keeps its own history, up to its last complete session (`market.panels.Fill`)."""

    source: str
    version: str
    last: date
    now: datetime

    @classmethod
    def of_sources(cls, now: datetime) -> Self | None:
        """Return the simulated exchange's history if it is a configured source."""
        if registry().adapter(Source.SIMULATED.value) is None:
            return None
        last = last_complete(now)
        made = f"{settings.SIMULATED_SEED}-{settings.SIMULATED_MARKET_HOURS}-{last}"
        return cls(Source.SIMULATED.value, made, last, now)

    def __call__(self, symbols: Sequence[str], start: date, end: date) -> Mapping[str, Bars]:
        known = registry().known(symbols, now=self.now)
        listed = [symbol for symbol in symbols if symbol in known]
        return _columns(listed, start, min(end, self.last), self.now) if listed else {}


def last_complete(now: datetime) -> date:
    """Return the trade date of the simulated exchange's last session that has ended."""
    clock = clock_for("NSE")
    current = clock.trade_date(now)
    session = clock.session_of(current)
    if session is not None and session.close_at <= now:
        return current
    return clock.calendar.previous_session(current)


def last_session(panel: PricePanel, now: datetime) -> date:
    """Return the panel's last session that is complete. Raises DataUnavailable where none is.

    The simulated exchange has a clock of its own. Stored prices of today count from the evening on, when the day's
    file has come; until then yesterday's are the last ones.
    """
    rows = _rows_to(panel, complete_until(panel.source, now))
    if not rows:
        raise DataUnavailable("No session is complete yet.")
    return panel.dates[rows - 1].astype("datetime64[D]").item()


def complete_until(source: str, now: datetime) -> date:
    """Return the last trade date whose bars of ``source`` are taken for final.

    A stored day is final from the evening on, on a day that trades in the evening from its close.
    """
    if source == Source.SIMULATED:
        return last_complete(now)
    today = now.astimezone(IST).date()
    final_at = max(datetime.combine(today, EVENING, IST), session_close(today, source))
    return today if now >= final_at else today - timedelta(days=1)


def complete_part(panel: PricePanel, now: datetime) -> PricePanel:
    """Return the panel up to its last complete session. Raises DataUnavailable where none is."""
    return up_to(panel, last_session(panel, now))


def up_to(panel: PricePanel, day: date) -> PricePanel:
    """Return the panel's rows up to a trade date, under a name of their own; the panel itself if those are all."""
    rows = _rows_to(panel, day)
    if rows == len(panel.dates):
        return panel
    return replace(panel, version=f"{panel.version}|to {day}", **{name: getattr(panel, name)[:rows] for name in ARRAYS})


def _rows_to(panel: PricePanel, day: date) -> int:
    return int(np.searchsorted(panel.dates.astype("datetime64[D]"), np.datetime64(day, "D"), side="right"))


def column_of(panel: PricePanel, symbol: str) -> int | None:
    """Return a symbol's column; None where the panel has none, or no bar of a share that is no member any more.

    Such a share is beside the universe like any other: its prices are asked for by themselves.
    """
    if symbol not in panel.symbols:
        return None
    at = panel.symbols.index(symbol)
    return at if panel.member[-1, at] or not np.isnan(panel.close[:, at]).all() else None


def session_close(session: date, source: str) -> datetime:
    """Return when a session whose prices are of ``source`` closed: how old these prices are is counted from here.

    The simulated exchange has hours of its own. 15:30 IST where there is no calendar of the year.
    """
    clock = clock_for("NSE") if source == Source.SIMULATED else official_clock("NSE")
    try:
        found = clock.session_of(session)
    except CalendarUnknown:
        found = None
    if found is None:
        return datetime.combine(session, _USUAL_CLOSE, IST).astimezone(UTC)
    return found.close_at.astimezone(UTC)


def _columns(symbols: Sequence[str], start: date, end: date, now: datetime) -> dict[str, Bars]:
    found = registry().daily_matrix(symbols, start, end, now=now)
    if found is None:
        return {}
    table = found[0]
    ts = table.dates.astype("datetime64[s]").astype(np.int64)
    bars = {}
    for at, symbol in enumerate(symbols):
        there = ~np.isnan(table.close[:, at])
        prices = (getattr(table, name)[there, at] for name in ("open", "high", "low", "close"))
        volume = np.nan_to_num(table.volume[there, at], nan=-1.0).astype(np.int64)
        bars[symbol] = Bars(ts[there], *prices, volume)
    return bars


@dataclass(frozen=True, slots=True)
class OwnBars:
    """A symbol's own bars on the dates of a panel.

    ``source``: data_source of its prices, which need not be the panel's. ``last``: trade date of its last bar there.
    """

    series: IndexSeries
    source: str
    last: date


def index_closes(symbol: str, panel: PricePanel, *, now: datetime) -> IndexSeries | None:
    """Return the series of `own_bars`."""
    found = own_bars(symbol, panel, now=now)
    return None if found is None else found.series


def own_bars(symbol: str, panel: PricePanel, *, now: datetime) -> OwnBars | None:
    """Return a symbol's bars on the panel's dates, NaN where it has none; None where it has none at all.

    Simulated prices go with simulated ones, stored with stored ones: the two are never compared. Of stored ones the
    source may be another than the panel's.
    """
    first, last = panel.dates[0].item(), panel.dates[-1].item()
    read = _simulated(symbol, first, last, now) if panel.source == Source.SIMULATED else _stored(symbol, first, last)
    if read is None or not len(read[0]):
        return None
    bars, source = read
    ts = panel.dates.astype("datetime64[s]").astype(np.int64)
    found = np.minimum(np.searchsorted(bars.ts, ts), len(bars) - 1)
    there = bars.ts[found] == ts
    if not there.any():
        return None

    def column(values: Floats) -> Floats:
        return np.where(there, np.asarray(values, np.float64)[found], np.nan)

    series = IndexSeries(
        version=symbol,
        close=column(bars.close),
        open=column(bars.open),
        high=column(bars.high),
        low=column(bars.low),
        volume=np.where(there & (bars.volume[found] >= 0), bars.volume[found].astype(np.float64), np.nan),
    )
    return OwnBars(series, source, panel.dates[np.flatnonzero(there)[-1]].item())


def _simulated(symbol: str, first: date, last: date, now: datetime) -> tuple[Bars, str] | None:
    try:
        bars = _columns([symbol], first, min(last, last_complete(now)), now).get(symbol)
    except InvalidSymbol:
        return None
    return None if bars is None else (bars, Source.SIMULATED.value)


def _stored(symbol: str, first: date, last: date) -> tuple[Bars, str] | None:
    instrument = find_instrument(symbol)
    if instrument is None:
        return None
    read = read_bars(instrument, "day", first, last, adjusted=True)
    return None if read is None or read.source == Source.SIMULATED else (read.bars, read.source)


def known_symbol(symbol: str, *, now: datetime) -> bool:
    """Tell whether anybody knows the symbol."""
    return find_instrument(symbol, now=now) is not None or symbol in registry().known([symbol], now=now)


def first_list(universe: str) -> date | None:
    """Return the date of the oldest real list of a universe; None where the simulated exchange made its only one."""
    lists = UniverseSnapshot.objects.filter(universe__name=universe.lower()).exclude(source=Source.SIMULATED)
    return lists.order_by("as_of").values_list("as_of", flat=True).first()

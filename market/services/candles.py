"""Read the record of prices: one stored source for the whole range, resampled and adjusted as asked.

Sources are never spliced. Raw bars times our own adjustment factors are preferred; a series that only the vendor
adjusted is used when there is nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from core.clock import IST
from engines.panel import adjusted_volume, adjustment_factors, bucket_starts, ist_days, resample
from market.adapters.base import Bars
from market.constants import INTERVAL_MINUTES, SOURCE_ORDER, Basis, Interval
from market.models import CandleSeries, Instrument
from market.selectors.candles import count_bars, read_series, series_of
from market.services.calendar import session_opens_at
from market.services.corporate_actions import action_factors

_DAY: Final = Interval.DAY.value
DAY_S: Final = 86_400
_SESSION_MINUTES: Final = 375


@dataclass(frozen=True, slots=True)
class SeriesRead:
    """Bars of one instrument from one source.

    ``origin`` is the import's own name, if it has one. ``basis``: ``raw`` as traded; ``adjusted`` if the vendor
    adjusted the prices or we did (``is_adjusted``). ``as_of``: end of the last bar, None without bars.
    """

    bars: Bars
    source: str
    origin: str
    basis: str
    as_of: datetime | None
    is_adjusted: bool = False


def read_bars(
    instrument: Instrument,
    interval: str,
    start: date | datetime,
    end: date | datetime,
    *,
    adjusted: bool,
    source: str | None = None,
    fallback: Callable[[], SeriesRead | None] | None = None,
) -> SeriesRead | None:
    """Return the stored bars that begin in [start, end], or what ``fallback`` gives when nothing is stored.

    ``start``, ``end``: a date means the trade date in India; for intraday bars a datetime (aware) is an instant.
    ``source`` restricts the choice to one source. None when there is nothing, and no fallback either.
    """
    first, last = _bounds(start, end, interval)
    series = choose_series(instrument, interval, first, last, adjusted=adjusted, source=source)
    if series is None:
        return fallback() if fallback is not None else None
    return _read(series, instrument, interval, first, last, adjusted)


def stored_series(instrument: Instrument, interval: str) -> list[CandleSeries]:
    """Return the stored series that bars of ``interval`` can be read from, finer ones included."""
    return [series for series in series_of(instrument.id) if _serves(series.interval, interval)]


def choose_series(
    instrument: Instrument, interval: str, first: int, last: int, *, adjusted: bool, source: str | None = None
) -> CandleSeries | None:
    """Return the one series for the range [first, last] (seconds UTC), or None.

    Raw before vendor-adjusted, then by `SOURCE_ORDER`, then the most of the range covered, then the asked interval
    itself before finer ones, then the latest last bar. A vendor-adjusted series never answers for raw prices. A
    series without bars in the range is chosen only if all are. Bars are counted only where there is a choice.
    """
    found = [series for series in stored_series(instrument, interval) if source in (None, series.source)]
    if not adjusted:
        found = [series for series in found if series.basis == Basis.RAW]
    if len(found) < 2:
        return found[0] if found else None
    minutes = {series.id: _minutes_within(series, first, last) for series in found}
    filled = [series for series in found if minutes[series.id]] or found
    return min(filled, key=lambda series: _rank(series, interval, minutes[series.id]))


def _rank(series: CandleSeries, interval: str, minutes: int) -> tuple[bool, int, int, bool, int, int]:
    return (
        series.basis != Basis.RAW,
        SOURCE_ORDER.index(series.source) if series.source in SOURCE_ORDER else len(SOURCE_ORDER),
        -minutes,
        series.interval != interval,
        -(series.last_ts or 0),
        series.id,
    )


def _minutes_within(series: CandleSeries, first: int, last: int) -> int:
    """Return the minutes of trading that the series' bars in [first, last] stand for; 0 if it has none there."""
    if series.first_ts is None or series.last_ts is None or series.last_ts < first or series.first_ts > last:
        return 0
    return count_bars(series.id, first, last) * INTERVAL_MINUTES.get(series.interval, _SESSION_MINUTES)


def _serves(stored: str, asked: str) -> bool:
    if stored == _DAY:
        return asked == _DAY
    return asked == _DAY or INTERVAL_MINUTES[asked] % INTERVAL_MINUTES[stored] == 0


def _read(
    series: CandleSeries, instrument: Instrument, interval: str, first: int, last: int, adjusted: bool
) -> SeriesRead:
    if series.interval == interval:
        bars = read_series(series.id, first, last)
    else:
        bars = _resampled(series, instrument.exchange, interval, first, last)
    is_ours = adjusted and series.basis == Basis.RAW
    if is_ours:
        bars = _adjusted(bars, instrument.id, is_day=interval == _DAY)
    return SeriesRead(
        bars=bars,
        source=series.source,
        origin=series.origin,
        basis=Basis.ADJUSTED.value if adjusted else Basis.RAW.value,
        as_of=bar_end(int(bars.ts[-1]), interval) if len(bars) else None,
        is_adjusted=adjusted,
    )


def _resampled(series: CandleSeries, exchange: str, interval: str, first: int, last: int) -> Bars:
    """Make bars of ``interval`` from a finer series; those that begin before ``first`` are left out."""
    minutes = None if interval == _DAY else INTERVAL_MINUTES[interval]
    if interval == _DAY:
        fine = read_series(series.id, _midnight_ist(first), _midnight_ist(last) + DAY_S - 1)
    else:
        fine = read_series(series.id, first - DAY_S, last + INTERVAL_MINUTES[interval] * 60)
    days = np.unique(ist_days(fine.ts, is_day=False))
    starts = bucket_starts(fine.ts, minutes=minutes, opens_at=session_opens_at(exchange, days.tolist()))
    made = resample(fine.ts, (fine.open, fine.high, fine.low, fine.close), fine.volume, fine.oi, starts)
    kept = (made.ts >= first) & (made.ts <= last)
    names = ("ts", "open", "high", "low", "close", "volume", "oi")
    return Bars(*(getattr(made, name)[kept] for name in names))


def _adjusted(bars: Bars, instrument_id: int, *, is_day: bool) -> Bars:
    ex_days, factors = action_factors([instrument_id]).get(instrument_id, ([], []))
    if not ex_days:
        return bars
    factor = adjustment_factors(ist_days(bars.ts, is_day=is_day), ex_days, factors)
    prices = (column * factor for column in (bars.open, bars.high, bars.low, bars.close))
    return Bars(bars.ts, *prices, adjusted_volume(bars.volume, factor), bars.oi)


def bar_end(ts: int, interval: str) -> datetime:
    """Return when the bar that begins at ``ts`` ends; a day bar with its trade date's regular close, 15:30 IST."""
    moment = datetime.fromtimestamp(ts, UTC)
    if interval == _DAY:
        return datetime.combine(moment.date(), time(15, 30), IST).astimezone(UTC)
    return moment + timedelta(minutes=INTERVAL_MINUTES[interval])


def _bounds(start: date | datetime, end: date | datetime, interval: str) -> tuple[int, int]:
    """Return the range in seconds UTC, as the interval counts them."""
    return _edge(start, interval, is_end=False), _edge(end, interval, is_end=True)


def _edge(moment: date | datetime, interval: str, *, is_end: bool) -> int:
    if isinstance(moment, datetime):
        return midnight_utc(moment.astimezone(IST).date()) if interval == _DAY else int(moment.timestamp())
    if interval == _DAY:
        return midnight_utc(moment)
    begins = int(datetime.combine(moment, time.min, IST).timestamp())
    return begins + DAY_S - 1 if is_end else begins


def midnight_utc(day: date) -> int:
    """Return the ``ts`` of a day bar."""
    return int(datetime.combine(day, time.min, UTC).timestamp())


def _midnight_ist(day_ts: int) -> int:
    """Return the instant at which the trade date of a day bar begins in India; open ends stay open."""
    return day_ts - 19_800 if abs(day_ts) < 2**60 else day_ts

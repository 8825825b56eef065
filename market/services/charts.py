"""Candles for charts: the stored record first, else the providers; always one source for the whole range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from core.clock import IST
from core.errors import DataUnavailable, InvalidRequest, InvalidSymbol, NotFound
from engines.indicators.registry import PANE
from engines.indicators.tokens import IndicatorCall, InvalidIndicator, indicator_call, parse_token
from market.adapters.base import Bars, no_bars
from market.constants import INTERVAL_MINUTES, MAX_BARS_PER_ANSWER, Interval, Source
from market.models import Instrument, ObservationSeries
from market.selectors.instruments import find_instrument
from market.selectors.observations import observed
from market.services.candles import read_bars
from market.services.exchanges import clock_for
from market.services.providers import registry

#: Bars before the asked range that indicators warm up on.
WARM_UP_BARS = 300
MAX_INDICATORS = 10
SESSION_MINUTES = 375
DAY_S = 86_400
#: India keeps +05:30 all year.
IST_OFFSET_S = 19_800


@dataclass(frozen=True, slots=True)
class ChartRead:
    """Bars of one symbol from one source. ``as_of`` is the end of the newest bar, at the latest now.

    ``closes_only``: nothing but closes is known; open, high and low are NaN and volume is -1.
    """

    symbol: str
    interval: str
    adjusted: bool
    bars: Bars
    source: str
    as_of: datetime | None
    closes_only: bool = False


def chart_read(
    *,
    symbol: str,
    interval: str,
    start: date | datetime,
    end: date | datetime,
    adjusted: bool,
    now: datetime,
    tail: int = 0,
) -> ChartRead:
    """Return the bars that start in [start, end]; with ``tail`` only the last so many of them.

    Raises NotFound for a symbol nobody knows, InvalidRequest for a range in the wrong order or above
    ``MAX_BARS_PER_ANSWER`` bars, DataUnavailable when no source can answer.
    """
    if lower_bound(start) > upper_bound(end):
        raise InvalidRequest("`from` is after `to`.")
    read = _read(symbol, interval, start, end, adjusted, now)
    if tail:
        read = _cut(read, slice(-tail, None))
    _limit(len(read.bars))
    return read


def _read(
    symbol: str, interval: str, start: date | datetime, end: date | datetime, adjusted: bool, now: datetime
) -> ChartRead:
    instrument = find_instrument(symbol, now=now)
    stored = read_bars(instrument, interval, start, end, adjusted=adjusted) if instrument else None
    if stored is not None and len(stored.bars):
        return ChartRead(symbol, interval, stored.is_adjusted, stored.bars, stored.source, stored.as_of)
    closes = _closes(instrument, start, end, now) if instrument and interval == Interval.DAY else None
    if closes is not None and registry().primary == Source.SIMULATED:
        return closes
    _refuse_endless(interval, start, end)
    try:
        bars, source = registry().candles(symbol, interval, lower_bound(start), upper_bound(end), now=now)
    except (InvalidSymbol, DataUnavailable) as exc:
        if closes is not None:
            return closes
        if isinstance(exc, DataUnavailable):
            raise
        if instrument is None:
            raise NotFound(f"{symbol} is not known.") from None
        bars, source = no_bars(), stored.source if stored is not None else registry().primary
    return ChartRead(symbol, interval, adjusted, bars, source, _as_of(symbol, interval, bars, now))


def _closes(instrument: Instrument, start: date | datetime, end: date | datetime, now: datetime) -> ChartRead | None:
    """Return the stored closes of days that have no bars, or None. What comes from outside goes before simulation."""
    found = observed(
        instrument.id,
        ObservationSeries.CLOSE,
        start_ts=_first_ts(start, Interval.DAY),
        end_ts=_first_ts(end, Interval.DAY),
    )
    if found is None or not len(found):
        return None
    unknown = np.full(len(found), np.nan)
    bars = Bars(found.ts, unknown, unknown, unknown, found.value, np.full(len(found), -1, np.int64))
    as_of = _as_of(instrument.key, Interval.DAY, bars, now)
    return ChartRead(instrument.key, Interval.DAY.value, False, bars, found.source, as_of, closes_only=True)


def _limit(bars: int) -> None:
    if bars > MAX_BARS_PER_ANSWER:
        raise InvalidRequest(
            f"The range has {bars} bars; one answer has at most {MAX_BARS_PER_ANSWER}. Ask for a shorter range."
        )


def _refuse_endless(interval: str, start: date | datetime, end: date | datetime) -> None:
    """Refuse a range that must be over the limit before a source computes or sends it.

    A session of 375 minutes on five days of seven leaves one trading minute in 5.4; 7 allows for holidays.
    """
    minutes = INTERVAL_MINUTES.get(interval, SESSION_MINUTES * 4)
    bars = (upper_bound(end) - lower_bound(start)).total_seconds() / 60 / minutes
    if bars > MAX_BARS_PER_ANSWER * 7:
        raise InvalidRequest(
            f"The range has far more than {MAX_BARS_PER_ANSWER} bars, the most of one answer. Ask for a shorter range."
        )


def _cut(read: ChartRead, part: Any) -> ChartRead:
    b = read.bars
    columns = (b.ts[part], b.open[part], b.high[part], b.low[part], b.close[part], b.volume[part])
    oi = None if b.oi is None else b.oi[part]
    return replace(read, bars=Bars(*columns, oi))


def lower_bound(moment: date | datetime) -> datetime:
    """Return the first instant of a trade date in India, or the instant itself."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, IST)


def upper_bound(moment: date | datetime) -> datetime:
    """Return the last instant of a trade date in India, or the instant itself."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.max, IST)


def times(ts: npt.NDArray[np.int64], interval: str) -> list[str]:
    """Render starts of bars: trade dates for days, else UTC instants."""
    moments = ts.astype("datetime64[s]")
    if interval == Interval.DAY:
        return np.datetime_as_string(moments, unit="D").tolist()
    return [f"{text}Z" for text in np.datetime_as_string(moments, unit="s").tolist()]


def _as_of(symbol: str, interval: str, bars: Bars, now: datetime) -> datetime | None:
    """Return the end of the newest bar: the close of its session for days, its last minute for the rest."""
    if not len(bars):
        return None
    last = datetime.fromtimestamp(int(bars.ts[-1]), UTC)
    if interval != Interval.DAY:
        return min(now, last + timedelta(minutes=INTERVAL_MINUTES[interval]))
    session = clock_for(symbol).session_of(last.date())
    return min(now, session.close_at if session else last + timedelta(days=1))


def indicator_lines(
    *,
    symbol: str,
    interval: str,
    start: date | datetime,
    end: date | datetime,
    adjusted: bool,
    names: Sequence[str],
    now: datetime,
) -> tuple[ChartRead, list[dict[str, Any]]]:
    """Return the bars of the range and the indicators over them, in the shape of ``GET /api/market/indicators``.

    Raises InvalidRequest naming the token that names no indicator, and what `chart_read` raises.
    """
    if not 0 < len(names) <= MAX_INDICATORS:
        raise InvalidRequest(f"names: between 1 and {MAX_INDICATORS} indicators, was {len(names)}.")
    try:
        calls = [parse_token(name) for name in names]
    except InvalidIndicator as exc:
        raise InvalidRequest(f"names: {exc}.") from None
    if lower_bound(start) > upper_bound(end):
        raise InvalidRequest("`from` is after `to`.")
    warm = _read(symbol, interval, lower_bound(start) - _warm_up(interval), end, adjusted, now)
    first = int(np.searchsorted(warm.bars.ts, _first_ts(start, interval)))
    _limit(len(warm.bars) - first)
    columns = _columns(warm)
    series = [_lines(name, call, columns, warm, first) for name, call in zip(names, calls, strict=True)]
    return _cut(warm, slice(first, None)), series


def _warm_up(interval: str) -> timedelta:
    """Return a stretch of calendar time that holds ``WARM_UP_BARS`` bars, weekends and holidays allowed for."""
    minutes = INTERVAL_MINUTES.get(interval, SESSION_MINUTES)
    sessions = -(-WARM_UP_BARS * minutes // SESSION_MINUTES)
    return timedelta(days=sessions * 1.5 + 7)


def _first_ts(start: date | datetime, interval: str) -> int:
    if interval == Interval.DAY:
        day = start.astimezone(IST).date() if isinstance(start, datetime) else start
        return int(datetime.combine(day, time.min, UTC).timestamp())
    return int(lower_bound(start).timestamp())


def _columns(read: ChartRead) -> Mapping[str, npt.NDArray[np.float64]]:
    bars = read.bars
    shift = 0 if read.interval == Interval.DAY else IST_OFFSET_S
    return {
        "open": bars.open,
        "high": bars.high,
        "low": bars.low,
        "close": bars.close,
        "volume": np.where(bars.volume < 0, np.nan, bars.volume.astype(np.float64)),
        "session": ((bars.ts + shift) // DAY_S).astype(np.float64),
    }


def _lines(name: str, call: IndicatorCall, columns: Mapping[str, Any], read: ChartRead, first: int) -> dict[str, Any]:
    """Compute one indicator and render its lines from ``first`` on; MACD is drawn with its signal and histogram."""
    drawn = indicator_call("macd_full", call.numbers) if call.name == "macd" else call
    indicator = drawn.indicator
    values = indicator.function(*(columns[column] for column in indicator.inputs), **_arguments(drawn))
    outputs = values if isinstance(values, tuple) else (values,)
    starts = times(read.bars.ts[first:], read.interval)
    lines = [
        {"key": key, "label": indicator.title if len(outputs) == 1 else key, "points": _points(starts, line[first:])}
        for key, line in zip(indicator.outputs, outputs, strict=True)
    ]
    return {"name": name, "kind": "pane" if indicator.place == PANE else "overlay", "lines": lines}


def _arguments(call: IndicatorCall) -> dict[str, float | int]:
    whole = {param.name for param in call.indicator.params if param.whole}
    return {key: int(value) if key in whole else value for key, value in call.numbers.items()}


def _points(starts: Sequence[str], values: npt.NDArray[np.float64]) -> list[tuple[str, float]]:
    """Pair times and values; the warm-up is left out."""
    return [(t, round(v, 4)) for t, v in zip(starts, values.tolist(), strict=True) if v == v]

"""Candles for charts: the stored record first, else the providers; always one source for the whole range."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from core.errors import DataUnavailable, InvalidRequest, NotFound
from engines.indicators import IndicatorError, compute_token
from market.adapters.base import Bars, ProviderError, UnknownSymbol
from market.constants import INTERVAL_MINUTES, MAX_BARS_PER_ANSWER
from market.selectors.instruments import find_instrument
from market.services.candles import read_bars
from market.services.exchanges import clock_for
from market.services.providers import registry

#: Bars before the asked range that indicators warm up on.
WARM_UP_BARS = 260


@dataclass(frozen=True, slots=True)
class ChartRead:
    """Bars of one symbol from one source. ``as_of`` is the end of the newest bar, at the latest now."""

    symbol: str
    interval: str
    adjusted: bool
    bars: Bars
    source: str
    as_of: datetime | None


def chart_read(
    *, symbol: str, interval: str, start: date | datetime, end: date | datetime, adjusted: bool, now: datetime
) -> ChartRead:
    """Return the bars that start in [start, end].

    Raises NotFound for a symbol nobody knows, InvalidRequest for a range in the wrong order or above
    ``MAX_BARS_PER_ANSWER`` bars, DataUnavailable when no source can answer.
    """
    first, last = _bounds(start, end)
    if first > last:
        raise InvalidRequest("`from` is after `to`.")
    bars, source, is_adjusted = _bars(symbol, interval, first, last, adjusted, now)
    if len(bars) > MAX_BARS_PER_ANSWER:
        raise InvalidRequest(
            f"The range has {len(bars)} bars; one answer has at most {MAX_BARS_PER_ANSWER}. Ask for a shorter range."
        )
    return ChartRead(symbol, interval, is_adjusted, bars, source, _as_of(symbol, interval, bars, now))

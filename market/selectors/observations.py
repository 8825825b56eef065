"""Read closes without bars, and counts of an index's shares. One series answers, never a mixture."""

from dataclasses import dataclass

import numpy as np

from market.adapters.base import Floats, Ints
from market.constants import SOURCE_ORDER, ObservedEvery
from market.models import Observation, ObservationSeries
from market.selectors.candles import NO_END, NO_START


@dataclass(frozen=True, slots=True)
class Observed:
    """Values of one series, ascending. ``ts``: midnight UTC of the date; ``source``, ``origin``: whose they are."""

    ts: Ints
    value: Floats
    source: str
    origin: str

    def __len__(self) -> int:
        return len(self.ts)


def observed(
    instrument_id: int,
    measure: str,
    *,
    industry: str = "",
    every: str = ObservedEvery.DAY.value,
    start_ts: int = NO_START,
    end_ts: int = NO_END,
) -> Observed | None:
    """Return the values in [start_ts, end_ts] (seconds since 1970-01-01 UTC), or None when nothing is stored.

    Of several series the preferred source answers (`SOURCE_ORDER`), then the one with most values in the range.
    """
    found = ObservationSeries.objects.filter(
        instrument_id=instrument_id, measure=measure, industry=industry, interval=every
    )
    best: tuple[int, int, int] | None = None
    chosen: Observed | None = None
    for series in found:
        rows = Observation.objects.filter(series_id=series.id, ts__gte=start_ts, ts__lte=end_ts).order_by("ts")
        values = list(rows.values_list("ts", "value"))
        order = SOURCE_ORDER.index(series.source) if series.source in SOURCE_ORDER else len(SOURCE_ORDER)
        rank = (0 if values else 1, order, -len(values))
        if best is None or rank < best:
            ts, value = zip(*values, strict=True) if values else ((), ())
            best = rank
            chosen = Observed(np.array(ts, np.int64), np.array(value, float), series.source, series.origin)
    return chosen


def industries_of(instrument_id: int, measure: str) -> list[str]:
    """Return the industries that ``measure`` was counted in, without '' for the whole index."""
    found = ObservationSeries.objects.filter(instrument_id=instrument_id, measure=measure).exclude(industry="")
    return sorted(set(found.values_list("industry", flat=True)))

"""Signals in words and plain values, and as rows of the database."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from engines.figures import number
from engines.panel import Floats, PricePanel
from engines.patterns import ENGINE_VERSION
from engines.patterns.catalogue import BY_NUMBER, Pattern
from engines.patterns.record import LOST, WON, Judged
from signals.models.patterns import TIMEFRAME, PatternSignal

LIQUIDITY_BARS: Final = 20
_OUTCOMES: Final = {WON: "won", LOST: "lost"}


def pattern_at(judged: Judged, k: int) -> Pattern:
    """Return which pattern signal ``k`` is."""
    return BY_NUMBER[int(judged.signals.code[k]), int(judged.signals.sign[k])]


def figures(panel: PricePanel, judged: Judged, k: int) -> dict[str, Any]:
    """Return what is known of signal ``k`` in plain values, in the names of `PatternSignal`."""
    signals = judged.signals
    pattern = pattern_at(judged, k)
    row, column = int(signals.row[k]), int(signals.column[k])
    outcome = _OUTCOMES.get(int(judged.outcome[k]), "")
    return {
        "pattern": pattern.key,
        "direction": str(pattern.direction),
        "timeframe": TIMEFRAME,
        "session": day_of(panel, row),
        "confidence": int(judged.confidence[k]),
        "n": int(judged.n[k]),
        "wins": int(judged.wins[k]),
        "chance": number(judged.chance[k], 4),
        "close": round(float(panel.close[row, column]), 2),
        "atr": round(float(signals.atr[k]), 2),
        "volume_ratio": number(signals.volume_ratio[k], 2),
        "trend": int(signals.trend[k]),
        "points": list(_points(panel, judged, k)),
        "outcome": outcome,
        "resolved_on": day_of(panel, int(judged.resolved[k])) if outcome else None,
    }


def day_of(panel: PricePanel, row: int) -> date:
    """Return the trade date of a panel's row."""
    return panel.dates[row].astype("datetime64[D]").item()


def _points(panel: PricePanel, judged: Judged, k: int) -> Iterator[tuple[str, float]]:
    """Yield date and price of each turn: the high where it turned down, the low where it turned up."""
    signals = judged.signals
    column = int(signals.column[k])
    rows = [int(row) for row in signals.points[k] if row >= 0]
    middle = [(panel.high[row, column] + panel.low[row, column]) / 2.0 for row in rows]
    for at, row in enumerate(rows):
        beside = [middle[i] for i in (at - 1, at + 1) if 0 <= i < len(rows)]
        is_high = middle[at] > sum(beside) / max(len(beside), 1)
        price = panel.high[row, column] if is_high else panel.low[row, column]
        yield day_of(panel, row).isoformat(), round(float(price), 2)


def liquidity(panel: PricePanel, row: int) -> Floats:
    """Return each symbol's place (N,) among the members on ``row`` by the median rupees traded in 20 days, 0 to 1.

    The percentile of the mean rank; 0 for a symbol without trades.
    """
    rows = slice(max(0, row - LIQUIDITY_BARS + 1), row + 1)
    traded = np.nan_to_num(panel.close[rows] * panel.volume[rows])
    median = np.median(traded, axis=0)
    counted = np.asarray(panel.member[row]) & (median > 0.0)
    among = np.sort(median[counted])
    if not len(among):
        return np.zeros(panel.shape[1])
    below, upto = (np.searchsorted(among, median, side=side) for side in ("left", "right"))
    return np.where(median > 0.0, (below + upto) / (2.0 * len(among)), 0.0)


def database_rows(
    panel: PricePanel, judged: Judged, *, universe: str, instruments: Mapping[str, int], since: int, now: datetime
) -> list[PatternSignal]:
    """Return unsaved rows of the signals on members from row ``since`` on, whose instruments are known."""
    places = {row: liquidity(panel, row) for row in range(since, panel.shape[0])}
    made = []
    for k in np.flatnonzero(judged.signals.row >= since):
        row, column = int(judged.signals.row[k]), int(judged.signals.column[k])
        instrument = instruments.get(panel.symbols[column])
        if instrument is None or not panel.member[row, column]:
            continue
        known = figures(panel, judged, int(k))
        place = round(float(places[row][column]), 4)
        score = known["confidence"] * place if known["direction"] != "neutral" else 0.0
        made.append(
            PatternSignal(
                instrument_id=instrument,
                data_source=panel.source,
                universe=universe,
                liquidity=place,
                score=round(score, 3),
                engine_version=ENGINE_VERSION,
                found_at=now,
                **known,
            )
        )
    return made

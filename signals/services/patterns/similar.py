"""Stretches of a universe's history shaped like a symbol's latest one, and what followed."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from core import versions
from core.errors import InvalidRequest, NotFound
from engines.panel import Floats, PricePanel
from engines.patterns.afterwards import Afterwards, afterwards
from engines.patterns.analogues import History, Match, history, similar
from signals.services.history import known_symbol, session_close
from signals.services.patterns.reading import symbol_panel
from signals.services.patterns.rows import day_of
from signals.services.patterns.scanning import Standing, standing

LEAST_BARS: Final = 10
MOST_BARS: Final = 250
MOST_AFTER: Final = 60
MATCHES: Final = 20
_HISTORIES: Final = 2
_ANSWERS: Final = 64


@dataclass(frozen=True, slots=True)
class Analogues:
    """The window asked for and what is like it. ``window``: percent from its last close, of each bar.

    ``start``, ``end``: its trade dates. Rows of ``matches`` are the engine's; `rendered_match` names them.
    ``data_source``, ``as_of``: of the window's bars and the last one's close; matches are of ``panel``, the universe's.
    """

    symbol: str
    bars: int
    start: date
    end: date
    window: Floats
    matches: tuple[Match, ...]
    summary: Afterwards
    panel: PricePanel
    data_source: str
    as_of: datetime


_histories: OrderedDict[str, History] = OrderedDict()
_answers: OrderedDict[tuple[Any, ...], Analogues] = OrderedDict()
_lock = threading.Lock()


def forget() -> None:
    """Drop what this process keeps. For tests and measurements."""
    with _lock:
        _histories.clear()
        _answers.clear()


def analogues(*, symbol: str, bars: int, after: int, universe: str, now: datetime) -> Analogues:
    """Return what is most like the last ``bars`` daily closes of ``EXCHANGE:SYMBOL``, and ``after`` bars on.

    Raises NotFound for a symbol nobody knows, InvalidRequest for an unknown universe, bars out of range, or a symbol
    with fewer bars than asked for.
    """
    if not LEAST_BARS <= bars <= MOST_BARS:
        raise InvalidRequest(f"bars: between {LEAST_BARS} and {MOST_BARS}, was {bars}.")
    if not 1 <= after <= MOST_AFTER:
        raise InvalidRequest(f"after: between 1 and {MOST_AFTER}, was {after}.")
    found = standing(universe=universe, now=now)
    key = (found.key, symbol, bars, after)
    if not versions.in_transaction() and (known := _answers.get(key)) is not None:
        return known
    made = _searched(found, symbol, bars, after, now)
    if not versions.in_transaction():
        _remember(_answers, key, made, _ANSWERS)
    return made


def prepare(found: Standing) -> None:
    """Have the history of a universe at hand."""
    _history(found)


def _searched(found: Standing, symbol: str, bars: int, after: int, now: datetime) -> Analogues:
    panel = symbol_panel(found, symbol, now)
    if panel is None and not known_symbol(symbol, now=now):
        raise NotFound(f"{symbol} is not known.")
    rows = np.empty(0, np.int64) if panel is None else np.flatnonzero(panel.close[:, 0] > 0.0)
    if panel is None or len(rows) < bars:
        raise InvalidRequest(f"bars: {symbol} has {len(rows)} daily bars, fewer than the {bars} asked for.")
    rows = rows[-bars:]
    query, as_of = panel.close[rows, 0], int(rows[-1])
    own = found.panel.symbols.index(symbol) if symbol in found.panel.symbols else -1
    past = _history(found)
    matches = similar(past, query, as_of=as_of, after=after, limit=MATCHES, own=own)
    return Analogues(
        symbol=symbol,
        bars=bars,
        start=day_of(panel, rows[0]),
        end=day_of(panel, rows[-1]),
        window=100.0 * (query / query[-1] - 1.0),
        matches=tuple(matches),
        summary=afterwards(past, matches, as_of=as_of, bars=after),
        panel=found.panel,
        data_source=panel.source,
        as_of=session_close(day_of(panel, rows[-1]), panel.source),
    )


def _history(found: Standing) -> History:
    if not versions.in_transaction() and (known := _histories.get(found.key)) is not None:
        return known
    made = history(found.panel.close)
    if not versions.in_transaction():
        _remember(_histories, found.key, made, _HISTORIES)
    return made


def _remember(kept: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    with _lock:
        kept[key] = value
        while len(kept) > most:
            kept.popitem(last=False)


def rendered_match(found: Analogues, match: Match) -> dict[str, Any]:
    """Return a match in the names of the API."""
    return {
        "symbol": found.panel.symbols[match.column],
        "start": day_of(found.panel, match.start),
        "end": day_of(found.panel, match.end),
        "similarity": {
            "pearson": round(match.pearson, 4),
            "cosine": round(match.cosine, 4),
            "dtw": round(match.dtw, 4),
            "composite": round(match.composite, 4),
        },
        "after": {"bars": found.summary.bars, "return_pct": round(match.return_pct, 2)},
    }


def percent(share: float | None) -> float | None:
    """Return a share (0 to 1) in percent with one decimal."""
    return None if share is None else round(100.0 * share, 1)


def rendered_summary(summary: Afterwards) -> dict[str, Any]:
    """Return what followed in percent, null where nothing was found."""

    def two(value: float | None) -> float | None:
        return None if value is None else round(value, 2)

    return {
        "n": summary.n,
        "periods": summary.periods,
        "after_bars": summary.bars,
        "up": summary.up,
        "up_pct": percent(summary.up_share),
        "up_low_pct": percent(summary.up_low),
        "up_high_pct": percent(summary.up_high),
        "lower_quartile_pct": two(summary.quartile_low),
        "median_pct": two(summary.median),
        "upper_quartile_pct": two(summary.quartile_high),
        "base_n": summary.base_n,
        "base_up_pct": percent(summary.base_up),
        "base_median_pct": two(summary.base_median),
    }

"""Patterns of one symbol, and the newest of a universe with the record behind them."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from core import versions
from core.errors import NotFound
from engines.panel import PricePanel
from engines.patterns.catalogue import BY_KEY, BY_NUMBER
from engines.patterns.record import Judged, kinds
from signals.models import PatternSignal
from signals.services.history import column_of, known_symbol, own_bars, session_close
from signals.services.patterns.rows import day_of, figures
from signals.services.patterns.scanning import Standing, judged_column, standing

MAX_SESSIONS: Final = 250
#: Of symbols looked at last; each is a megabyte or so, and made anew in hundredths of a second.
_KEPT: Final = 12


@dataclass(frozen=True, slots=True)
class SymbolPatterns:
    """A symbol's signals, newest first, in the names of `PatternSignal`; none for one without daily bars.

    ``data_source``, ``session``, ``as_of``: of the symbol's own bars, the last of them and its close; those of the
    universe where it has no bars.
    """

    symbol: str
    universe: str
    signals: Sequence[dict[str, Any]]
    data_source: str
    session: date
    as_of: datetime


_columns: OrderedDict[tuple[str, str], tuple[PricePanel, Judged]] = OrderedDict()
_lock = threading.Lock()


def forget() -> None:
    """Drop what this process keeps. For tests and measurements."""
    with _lock:
        _columns.clear()


def symbol_patterns(*, symbol: str, universe: str, sessions: int, now: datetime) -> SymbolPatterns:
    """Return the patterns that the last ``sessions`` sessions completed on ``EXCHANGE:SYMBOL``.

    The confidence of each is taken from the record of ``universe`` before its day, whether the symbol belongs to it or
    not; options and futures have no record. Raises NotFound for a symbol nobody knows, InvalidRequest for an unknown
    universe.
    """
    found = standing(universe=universe, now=now)
    column = _judged(found, symbol, now)
    if column is None:
        if not known_symbol(symbol, now=now):
            raise NotFound(f"{symbol} is not known.")
        return SymbolPatterns(symbol, found.universe, [], found.panel.source, found.session, found.as_of)
    panel, judged = column
    first = panel.shape[0] - sessions
    rows = [figures(panel, judged, int(k)) for k in np.flatnonzero(judged.signals.row >= first)[::-1]]
    bars = np.flatnonzero(panel.has_bar[:, 0])
    last = day_of(panel, int(bars[-1])) if len(bars) else found.session
    return SymbolPatterns(symbol, found.universe, rows, panel.source, last, session_close(last, panel.source))


def symbol_panel(found: Standing, symbol: str, now: datetime) -> PricePanel | None:
    """Return one symbol's bars on the days of the universe; None if it has none.

    Those of a symbol beside the universe may be of another source, which is the panel's then; simulated prices go with
    simulated ones only.
    """
    whole = found.panel
    at = column_of(whole, symbol)
    if at is not None:
        names = ("open", "high", "low", "close", "volume", "factor", "member")
        return replace(
            whole,
            symbols=(symbol,),
            sectors=(whole.sectors[at],),
            **{name: np.ascontiguousarray(getattr(whole, name)[:, at : at + 1]) for name in names},
        )
    own = own_bars(symbol, whole, now=now)
    if own is None:
        return None
    bars = own.series
    volume = np.zeros(len(bars.close)) if bars.volume is None else np.nan_to_num(bars.volume)
    shape = (len(bars.close), 1)
    prices = {name: getattr(bars, name).reshape(shape) for name in ("open", "high", "low", "close")}
    return replace(
        whole, symbols=(symbol,), sectors=("",), **prices, volume=volume.reshape(shape), factor=np.ones(shape),
        member=np.zeros(shape, bool), source=own.source,
    )  # fmt: skip


def _judged(found: Standing, symbol: str, now: datetime) -> tuple[PricePanel, Judged] | None:
    key = (found.key, symbol)
    if not versions.in_transaction() and (known := _columns.get(key)) is not None:
        return known
    panel = symbol_panel(found, symbol, now)
    made = None if panel is None else (panel, judged_column(found, panel))
    if made is not None and not versions.in_transaction():
        with _lock:
            _columns[key] = made
            while len(_columns) > _KEPT:
                _columns.popitem(last=False)
    return made


@dataclass(frozen=True, slots=True)
class UniversePatterns:
    """The newest signals of a universe, best first, and all that was ever decided, by pattern and direction.

    ``session``: the last one; ``sessions``: how many the record rests on. ``record``: rows of ``pattern, title,
    direction, n, wins, share, chance`` (shares 0 to 1).
    """

    universe: str
    signals: Sequence[PatternSignal]
    record: Sequence[dict[str, Any]]
    symbols: int
    session: date
    sessions: int
    data_source: str
    as_of: datetime


def universe_patterns(*, universe: str, sessions: int, now: datetime) -> UniversePatterns:
    """Return the signals of the last ``sessions`` sessions of a universe. Raises InvalidRequest for an unknown one."""
    found = standing(universe=universe, now=now)
    first = found.panel.dates[max(0, found.panel.shape[0] - sessions)].astype("datetime64[D]").item()
    rows = PatternSignal.objects.filter(
        universe=found.universe, data_source=found.panel.source, session__gte=first, session__lte=found.session
    )
    return UniversePatterns(
        universe=found.universe,
        signals=list(rows.select_related("instrument").order_by("-session", "-score", "instrument__symbol", "pattern")),
        record=record_rows(found),
        symbols=int(np.count_nonzero(found.panel.member[-1])),
        session=found.session,
        sessions=found.panel.shape[0],
        data_source=found.panel.source,
        as_of=found.as_of,
    )


def record_rows(found: Standing) -> list[dict[str, Any]]:
    """Return the record of every pattern with a direction, the oftenest first; those never seen with n 0."""
    seen = {BY_NUMBER[row.code, row.sign].key: row for row in kinds(found.record)}
    rows = []
    for pattern in BY_KEY.values():
        if not pattern.sign:
            continue
        row = seen.get(pattern.key)
        n, wins = (row.n, row.wins) if row else (0, 0)
        chance = None if row is None or row.chance is None else round(row.chance, 4)
        rows.append(
            {
                "pattern": pattern.key,
                "title": pattern.title,
                "direction": str(pattern.direction),
                "n": n,
                "wins": wins,
                "share": round(wins / n, 4) if n else None,
                "chance": chance,
            }
        )
    return sorted(rows, key=lambda one: (-one["n"], one["pattern"]))

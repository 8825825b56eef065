"""Scores of the reference universe and of stocks beside it, kept in the process while their inputs stay the same.

A stock has one I-Score: it is always ranked in the reference universe, whatever list it is shown in.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from core import children, versions
from core.errors import InvalidRequest, NotFound
from engines.iscore.scaling import Flags
from engines.iscore.score import Scores, score_universe
from engines.iscore.tables import ENGINE_VERSION, params_hash
from engines.panel import PricePanel
from engines.strategy.data import IndexSeries
from market.constants import VERSION_FUNDAMENTALS
from market.models import UniverseSnapshot
from market.selectors.instruments import find_instrument
from signals.constants import VERSION_ISCORE_INPUTS
from signals.services.history import OwnBars, column_of, last_session, own_bars, up_to
from signals.services.iscore import beside
from signals.services.iscore.inputs import gathered
from signals.services.market_data import complete_panel, whole_panel

#: The universe in which stocks are ranked: the broadest there is.
REFERENCES: Final = ("nifty_500", "nifty_100")
_KEPT: Final = 6


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of a session. ``universe``: where ranks were made; ``key`` names the state of all inputs.

    ``place``: column of each symbol that has a score of the session (`has_score`). ``sectors``: by column. ``extras``:
    symbols asked for beside the universe; they are no part of the key, since a stock's score is the same whichever
    others are scored with it. ``sources``: whose prices the extras' are; all others' are the universe's.
    """

    universe: str
    session: date
    key: str
    scores: Scores
    place: dict[str, int]
    sectors: tuple[str, ...]
    extras: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def data_source(self) -> str:
        """Return whose prices the universe's are."""
        return self.scores.data_source

    def source_of(self, symbol: str) -> str:
        """Return whose prices a symbol's own are; those of the universe for a symbol without any."""
        return self.sources.get(symbol, self.data_source)

    def result(self, symbol: str) -> dict[str, Any]:
        """Return the result of a symbol that has a place, under the source of its own prices."""
        return self.scores.result(self.place[symbol]) | {"data_source": self.source_of(symbol)}


_kept: OrderedDict[tuple[str, tuple[str, ...]], Scored] = OrderedDict()
_lock = threading.Lock()
_working = threading.Lock()


def reference_universe() -> str:
    """Return the name of the universe in which stocks are ranked. Raises NotFound where there is none yet."""
    found = reference_if_any()
    if not found:
        raise NotFound("There is no universe to rank stocks in; import one with import_constituents.")
    return found


def reference_if_any() -> str:
    """Return the name of the universe in which stocks are ranked, empty where there is none yet."""
    there = set(UniverseSnapshot.objects.filter(universe__name__in=REFERENCES).values_list("universe__name", flat=True))
    return next((name for name in REFERENCES if name in there), "")


def scored(*, now: datetime, session: date | None = None, extras: Sequence[str] = ()) -> Scored:
    """Return the scores of the reference universe after a session (by default the last one).

    ``extras``: symbols outside it to be scored beside it, each ranked as if it were one more; those without a bar of
    the session have no place. Columns of other extras may be there too. Raises NotFound without a universe, NotReady
    where a child brings none, another DataUnavailable without prices at all, InvalidRequest for a day that is no
    session.
    """
    name = reference_universe()
    panel = whole_panel(name, now)
    day = session or last_session(panel, now)
    if day > last_session(panel, now) or np.datetime64(day, "D") not in panel.dates.astype("datetime64[D]"):
        raise InvalidRequest(f"{day} is no complete session of {name}.")
    beside_it = tuple(sorted(symbol for symbol in set(extras) if column_of(panel, symbol) is None))
    key = inputs_key(panel, day)
    if (found := _used(key, beside_it)) is not None:
        return found
    with _working:  # one at a time: the others find it done
        if (found := _used(key, beside_it)) is not None:
            return found
        made = _made(name, panel, day, key, beside_it, now)
    if not versions.in_transaction():
        with _lock:
            _kept[key, beside_it] = made
            while len(_kept) > _KEPT:
                _kept.popitem(last=False)
    return made


def _used(key: str, extras: Sequence[str]) -> Scored | None:
    """Return kept scores of this state with all the extras among them, those asked for alone before others.

    What was used last is dropped last.
    """
    with _lock:
        holding = [one for one in _kept.values() if one.key == key and set(extras) <= set(one.extras)]
        found = min(holding, key=lambda one: len(one.extras), default=None)
        if found is not None:
            _kept.move_to_end((found.key, found.extras))
        return found


def inputs_key(panel: PricePanel, session: date) -> str:
    """Return what names the state of everything a session's scores rest on, those of stocks beside it among them."""
    numbers = [str(versions.current(name)) for name in (VERSION_FUNDAMENTALS, VERSION_ISCORE_INPUTS)]
    parts = (panel.version, panel.source, session.isoformat(), *numbers, ENGINE_VERSION, params_hash())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _made(name: str, panel: PricePanel, day: date, key: str, extras: tuple[str, ...], now: datetime) -> Scored:
    is_large = panel.shape[1] + len(extras) > beside.HERE
    if children.serving() and not versions.in_transaction() and is_large:
        found: Scored = beside.fetched(session=day, extras=extras, now=now)
        if (found.key, found.extras) == (key, extras):
            return found
    return _scored(name, panel, day, key, extras, now)


def _scored(name: str, panel: PricePanel, day: date, key: str, extras: tuple[str, ...], now: datetime) -> Scored:
    panel = up_to(panel, day)
    own = _own(panel, extras, now)
    panel = _joined(panel, {symbol: one.series for symbol, one in own.items()}, now)
    scores = score_universe(gathered(panel, day, now=now))
    shown = has_score(panel, -1, scores.member)
    place = {symbol: at for at, symbol in enumerate(scores.symbols) if shown[at]}
    sources = {symbol: one.source for symbol, one in own.items()}
    return Scored(name, day, key, scores, place, panel.sectors, extras, sources)


def has_score(panel: PricePanel, row: int, member: Flags) -> Flags:
    """Tell which columns have a score of the session of a row: members, and of all others those with a bar of it.

    A member that did not trade is ranked with its last bars, whose age costs it confidence. Of a stock beside the
    universe nobody knows whether it did not trade or its prices have not come, so it has no score of that session.
    """
    return np.asarray(member | ~np.isnan(panel.close[row]))


def with_columns(panel: PricePanel, symbols: Sequence[str], *, now: datetime) -> PricePanel:
    """Return the panel with a further column for each symbol that has prices; none of them is a member."""
    return _joined(panel, {symbol: one.series for symbol, one in _own(panel, symbols, now).items()}, now)


def _own(panel: PricePanel, symbols: Sequence[str], now: datetime) -> dict[str, OwnBars]:
    """Return the bars of those symbols that have any on the panel's dates."""
    found = {symbol: own_bars(symbol, panel, now=now) for symbol in symbols}
    return {symbol: one for symbol, one in found.items() if one is not None}


def _joined(panel: PricePanel, given: Mapping[str, IndexSeries], now: datetime) -> PricePanel:
    if not given:
        return panel
    sectors = [one.sector if (one := find_instrument(symbol, now=now)) else "" for symbol in given]
    tables = {
        name: np.column_stack([getattr(panel, name), *(getattr(bars, name) for bars in given.values())])
        for name in ("open", "high", "low", "close")
    }
    volumes = [np.nan_to_num(np.asarray(bars.volume), nan=0.0) for bars in given.values()]
    shape = (len(panel.dates), len(given))
    return replace(
        panel,
        symbols=(*panel.symbols, *given),
        sectors=(*panel.sectors, *sectors),
        **tables,
        volume=np.column_stack([panel.volume, *volumes]),
        factor=np.column_stack([panel.factor, np.ones(shape)]),
        member=np.column_stack([panel.member, np.zeros(shape, bool)]),
    )


def of_symbols(symbols: Sequence[str], *, now: datetime) -> Scored:
    """Return scores with the shares of ``symbols`` among their columns, with one scoring for however many.

    One beside the universe without a bar of the session is not among them, and nothing is worked out for its sake.
    Raises what `scored` raises.
    """
    panel = complete_panel(reference_universe(), now)
    own = _own(panel, [symbol for symbol in symbols if column_of(panel, symbol) is None], now)
    return scored(now=now, extras=[symbol for symbol, one in own.items() if one.last == panel.dates[-1].item()])


def last_bar(symbol: str, panel: PricePanel, *, now: datetime) -> tuple[str, date] | None:
    """Return source and day of a symbol's last bar on the panel's dates, None if it has none.

    The source is that of the symbol's own prices where it is no column of the panel.
    """
    at = column_of(panel, symbol)
    if at is None:
        own = own_bars(symbol, panel, now=now)
        return None if own is None else (own.source, own.last)
    rows = np.flatnonzero(~np.isnan(panel.close[:, at]))
    return (panel.source, panel.dates[rows[-1]].item()) if len(rows) else None


def forget() -> None:
    """Drop what this process keeps. For tests and measurements."""
    with _lock:
        _kept.clear()

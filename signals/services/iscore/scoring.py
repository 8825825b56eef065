"""Scores of the reference universe and of stocks beside it, kept in the process while their inputs stay the same.

A stock has one I-Score: it is always ranked in the reference universe, whatever list it is shown in.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from core import children, versions
from core.clock import IST
from core.errors import DataUnavailable, InvalidRequest, NotFound
from engines.iscore.score import Scores, score_universe
from engines.iscore.tables import ENGINE_VERSION, params_hash
from engines.panel import PricePanel
from engines.strategy.data import IndexSeries
from market.constants import VERSION_FUNDAMENTALS, Source
from market.models import UniverseSnapshot
from market.selectors.instruments import find_instrument
from signals.constants import VERSION_ISCORE_INPUTS
from signals.services.history import index_closes, last_complete
from signals.services.iscore import beside
from signals.services.iscore.inputs import gathered
from signals.services.market_data import whole_panel

#: The universe in which stocks are ranked: the broadest there is.
REFERENCES: Final = ("nifty_500", "nifty_100")
_KEPT: Final = 6
#: When end-of-day data of a session is complete in the evening.
EVENING: Final = time(19, 0)


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of a session. ``universe``: where ranks were made; ``key`` names the state of all inputs.

    ``place``: column of each symbol. ``sectors``: by column. ``extras``: symbols asked for beside the universe; they
    are no part of the key, since a stock's score is the same whichever others are scored with it.
    """

    universe: str
    session: date
    key: str
    scores: Scores
    place: dict[str, int]
    sectors: tuple[str, ...]
    extras: tuple[str, ...] = ()

    @property
    def data_source(self) -> str:
        return self.scores.data_source

    def result(self, symbol: str) -> dict[str, Any]:
        """Return the result of a symbol that is among the columns."""
        return self.scores.result(self.place[symbol])


_kept: OrderedDict[tuple[str, tuple[str, ...]], Scored] = OrderedDict()
_lock = threading.Lock()
_working = threading.Lock()


def reference_universe() -> str:
    """Return the name of the universe in which stocks are ranked. Raises NotFound where there is none yet."""
    there = set(UniverseSnapshot.objects.filter(universe__name__in=REFERENCES).values_list("universe__name", flat=True))
    found = next((name for name in REFERENCES if name in there), None)
    if found is None:
        raise NotFound("There is no universe to rank stocks in; import one with import_constituents.")
    return found


def last_session(panel: PricePanel, now: datetime) -> date:
    """Return the panel's last session that is complete.

    The simulated exchange has a clock of its own. Stored prices of today count from the evening on, when the day's
    file has come; until then yesterday's are the last ones.
    """
    limit = _complete_until(panel.source, now)
    days = panel.dates.astype("datetime64[D]")
    at = int(np.searchsorted(days, np.datetime64(limit, "D"), side="right")) - 1
    if at < 0:
        raise DataUnavailable("No session is complete yet.")
    return days[at].item()


def _complete_until(source: str, now: datetime) -> date:
    if source == Source.SIMULATED:
        return last_complete(now)
    here = now.astimezone(IST)
    return here.date() if here.time() >= EVENING else here.date() - timedelta(days=1)


def scored(*, now: datetime, session: date | None = None, extras: Sequence[str] = ()) -> Scored:
    """Return the scores of the reference universe after a session (by default the last one).

    ``extras``: symbols outside it to be scored beside it, each ranked as if it were one more; those without prices are
    not among the columns. Columns of other extras may be there too. Raises NotFound without a universe, NotReady where
    a child brings none, another DataUnavailable without prices at all, InvalidRequest for a day that is no session.
    """
    name = reference_universe()
    panel = whole_panel(name, now)
    day = session or last_session(panel, now)
    if day > last_session(panel, now) or np.datetime64(day, "D") not in panel.dates.astype("datetime64[D]"):
        raise InvalidRequest(f"{day} is no complete session of {name}.")
    beside_it = tuple(sorted(set(extras) - set(panel.symbols)))
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
    if extras:
        panel = with_columns(panel, extras, now=now)
    scores = score_universe(gathered(panel, day, now=now))
    place = {symbol: at for at, symbol in enumerate(scores.symbols)}
    return Scored(name, day, key, scores, place, panel.sectors, extras)


def with_columns(panel: PricePanel, symbols: Sequence[str], *, now: datetime) -> PricePanel:
    """Return the panel with a further column for each symbol that has prices; none of them is a member."""
    series = {symbol: index_closes(symbol, panel, now=now) for symbol in symbols}
    given = {symbol: bars for symbol, bars in series.items() if bars is not None and _is_whole(bars)}
    if not given:
        return panel
    sectors = [one.sector if (one := find_instrument(symbol, now=now)) else "" for symbol in given]
    tables = {
        name: np.column_stack([getattr(panel, name), *(getattr(bars, name) for bars in given.values())])
        for name in ("open", "high", "low", "close")
    }
    volumes = [np.nan_to_num(bars.volume, nan=0.0) for bars in given.values()]
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


def _is_whole(bars: IndexSeries) -> bool:
    return all(column is not None for column in (bars.open, bars.high, bars.low, bars.volume))


def of_symbols(symbols: Sequence[str], *, now: datetime) -> Scored:
    """Return scores with the shares of ``symbols`` among their columns, with one scoring for however many.

    A symbol without prices is not among them, and nothing is worked out for its sake. Raises what `scored` raises.
    """
    panel = whole_panel(reference_universe(), now)
    others = [symbol for symbol in symbols if symbol not in panel.symbols]
    return scored(now=now, extras=[symbol for symbol in others if _has_prices(symbol, panel, now)])


def _has_prices(symbol: str, panel: PricePanel, now: datetime) -> bool:
    bars = index_closes(symbol, panel, now=now)
    return bars is not None and _is_whole(bars)


def forget() -> None:
    """Drop what this process keeps. For tests and measurements."""
    with _lock:
        _kept.clear()

"""Price panels: built once for each state of the data, kept as files, shared by all processes, cached in each.

A hit costs a look at four version numbers and a dictionary. When an import changes the data the numbers change, and
the next caller builds the panel anew; the others wait for it rather than build it twice.
"""

import mmap
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from django.conf import settings

from core import versions
from core.errors import DataUnavailable, InvalidRequest, NotFound
from engines.panel import (
    BarColumns,
    PricePanel,
    adjustment_factors,
    align,
    apply_factors,
    membership,
)
from market.adapters.base import Bars
from market.constants import (
    SOURCE_ORDER,
    VERSION_ACTIONS,
    VERSION_CANDLES,
    VERSION_INSTRUMENTS,
    VERSION_UNIVERSES,
    Basis,
)
from market.models import CandleSeries, Universe, UniverseMember
from market.selectors.candles import read_columns
from market.selectors.universes import snapshots_between
from market.services.candles import DAY_S, midnight_utc
from market.services.corporate_actions import action_factors
from market.services.panel_files import ARRAYS, PanelKey, load, one_builder, publish

_VERSIONS: Final = (VERSION_CANDLES, VERSION_ACTIONS, VERSION_UNIVERSES, VERSION_INSTRUMENTS)
_KEPT_IN_PROCESS: Final = 8
#: Longest name of a universe.
LONGEST_NAME: Final[int] = Universe._meta.get_field("name").max_length or 0
_NAME: Final = re.compile(rf"[\w-]{{1,{LONGEST_NAME}}}")
#: A source is taken for the whole panel when it has at least this share of the members that have any prices.
_ENOUGH: Final = 0.5
#: Where another market can fill the panel, stored prices of a smaller share of the members than this do not decide.
_FEW: Final = 0.1


class Fill(Protocol):
    """Gives the day bars of a market that is not stored, such as the simulated exchange.

    ``source`` is its data_source; ``version`` changes whenever the same question would be answered otherwise.
    """

    source: str
    version: str

    def __call__(self, symbols: Sequence[str], start: date, end: date) -> Mapping[str, Bars]:
        """Return adjusted bars by ``EXCHANGE:SYMBOL``; symbols without bars are left out."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A column of a panel."""

    instrument_id: int
    symbol: str
    sector: str


_cache: OrderedDict[PanelKey, PricePanel] = OrderedDict()
_cache_lock = threading.Lock()


def panel(
    universe: str,
    start: date,
    end: date,
    *,
    interval: str = "day",
    adjusted: bool = True,
    fill: Fill | None = None,
    stored: bool = True,
) -> PricePanel:
    """Return the panel of ``universe`` from ``start`` to ``end`` (trade dates, both included).

    Columns are all members of any list in force in the range, with ``EXCHANGE:SYMBOL`` names; `PricePanel.member`
    says when each belonged to it. One source for all of it: broker or import before yahoo before simulated; ``fill``
    is asked when nothing is stored for the members or for fewer than a tenth of them (one imported share does not make
    a hundred others unknown), or at once where ``stored`` prices are not wanted. Arrays are read-only.

    Raises NotFound for an unknown universe, InvalidRequest for a wrong range or interval, DataUnavailable when there
    are no prices.
    """
    if interval != "day":
        raise InvalidRequest(f"There are panels of day bars only, not of {interval}.")
    key = replace(_key(universe, start, end, interval, adjusted, fill), stored=stored)
    found = _cache.get(key)
    if found is not None:
        return found
    if not _is_name(universe):
        raise NotFound(
            f"There is no universe {universe[:LONGEST_NAME]!r}: a name has 1 to {LONGEST_NAME} letters, digits, - and "
            f"_, this one {len(universe)} characters."
        )
    if start > end:
        raise InvalidRequest("The panel's start is after its end.")
    found = _from_file_or_built(key, fill)
    _remember(key, found)
    return found


def at_hand(
    universe: str, start: date, end: date, *, fill: Fill | None = None, stored: bool = True
) -> PricePanel | None:
    """Return the adjusted panel of day bars if this process or a file has it; None if it would have to be built."""
    if not _is_name(universe):
        return None
    key = replace(_key(universe, start, end, "day", True, fill), stored=stored)
    found = _cache.get(key)
    if found is None and not versions.in_transaction() and (found := load(panels_dir(), key)) is not None:
        _remember(key, found)
    return found


def _is_name(universe: str) -> bool:
    """Tell whether a universe can have this name: only then is there a file to look for."""
    return _NAME.fullmatch(universe) is not None


def forget() -> None:
    """Drop this process's cache. For tests and measurements."""
    with _cache_lock:
        _cache.clear()


def lay_aside() -> None:
    """Take the pages of mapped panels out of this process's memory. They stay in the system's file cache, from where
    the next reader has them back in less than a millisecond."""
    with _cache_lock:
        kept = list(_cache.values())
    for table in (getattr(one, name) for one in kept for name in ARRAYS):
        mapped = getattr(table, "_mmap", None)
        if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)


def panels_dir() -> Path:
    """Return where panels are kept."""
    return Path(settings.STATE_DIR) / "panels"


def _key(universe: str, start: date, end: date, interval: str, adjusted: bool, fill: Fill | None) -> PanelKey:
    numbers = ".".join(str(versions.current(name)) for name in _VERSIONS)
    filled = f"|{fill.source}:{fill.version}" if fill is not None else ""
    return PanelKey(universe.lower(), start, end, interval, adjusted, numbers + filled)


def _remember(key: PanelKey, found: PricePanel) -> None:
    """Keep a panel; forget older versions of it and, beyond the limit, the longest unused."""
    with _cache_lock:
        for old in [other for other in _cache if other.family == key.family and other != key]:
            del _cache[old]
        _cache[key] = found
        while len(_cache) > _KEPT_IN_PROCESS:
            _cache.popitem(last=False)


def _from_file_or_built(key: PanelKey, fill: Fill | None) -> PricePanel:
    root = panels_dir()
    if versions.in_transaction():
        return build(key, fill)  # may hold what nobody else can see yet: neither shared nor kept as a file
    found = load(root, key)
    if found is not None:
        return found
    with one_builder(root, key):
        found = load(root, key)
        if found is None:
            publish(root, key, build(key, fill))
            found = load(root, key)
    return found if found is not None else build(key, fill)


def build(key: PanelKey, fill: Fill | None = None) -> PricePanel:
    """Build a panel from the database, or from ``fill`` when nothing is stored. Raises as `panel`."""
    lists = _lists(key)
    members = sorted({member for _, some in lists for member in some}, key=lambda member: member.symbol)
    columns = {member.symbol: at for at, member in enumerate(members)}
    notes: list[str] = []
    chosen = _chosen_series(members, key) if key.stored else {}
    if fill is not None and 0 < len(chosen) < _FEW * len(members):
        names = [member.symbol for member in members if member.instrument_id in chosen]
        notes.append(f"stored prices are left out, as few members have any: {', '.join(names[:20])}")
        chosen = {}
    if chosen:
        source, bars, factors = _stored(chosen, members, key, notes)
    elif fill is not None:
        source, bars = fill.source, _filled(fill, columns, key)
        factors = {}
    else:
        raise DataUnavailable(f"No prices are stored for {key.universe} from {key.start} to {key.end}.")
    dates, fields = align(bars, len(members))
    factor = np.ones((len(dates), len(members)))
    for at, (ex_days, values) in factors.items():
        factor[:, at] = adjustment_factors(dates.astype(np.int64), ex_days, values)
    fields = apply_factors(fields, factor)
    dated = [(since, frozenset(member.symbol for member in some)) for since, some in lists]
    missing = [member.symbol for member in members if np.isnan(fields["close"][:, columns[member.symbol]]).all()]
    if missing:
        notes.append(f"{len(missing)} of {len(members)} members have no prices: {', '.join(missing[:20])}")
    symbols = tuple(columns)
    return PricePanel(
        dates=dates,
        symbols=symbols,
        sectors=tuple(member.sector for member in members),
        **fields,
        factor=factor,
        member=membership(dates, symbols, dated),
        source=source,
        version=key.name,
        notes=tuple(notes),
    )


def _lists(key: PanelKey) -> list[tuple[np.datetime64, list[Member]]]:
    """Return the lists in force in the range, oldest first. A member's sector is that of the newest list with it."""
    snapshots = snapshots_between(key.universe, key.start, key.end)
    if not snapshots:
        raise NotFound(f"There is no universe {key.universe!r}.")
    rows = UniverseMember.objects.filter(snapshot__in=snapshots).values_list(
        "snapshot_id",
        "instrument_id",
        "instrument__exchange",
        "instrument__symbol",
        "sector",
        "instrument__sector",
    )
    by_list: dict[int, list[tuple[int, str]]] = {}
    sectors: dict[int, str] = {}
    newest_last = {snapshot.id: at for at, snapshot in enumerate(snapshots)}
    for snapshot, instrument, exchange, symbol, sector, own in sorted(rows, key=lambda row: newest_last[row[0]]):
        by_list.setdefault(snapshot, []).append((instrument, f"{exchange}:{symbol}"))
        sectors[instrument] = sector or own or sectors.get(instrument, "")
    return [
        (
            np.datetime64(snapshot.as_of, "D"),
            [Member(instrument, symbol, sectors[instrument]) for instrument, symbol in by_list.get(snapshot.id, [])],
        )
        for snapshot in snapshots
    ]


def _chosen_series(members: Sequence[Member], key: PanelKey) -> dict[int, CandleSeries]:
    """Return one series of one source for each member that has prices in the range."""
    first, last = midnight_utc(key.start), midnight_utc(key.end)
    found = CandleSeries.objects.filter(
        instrument_id__in=[member.instrument_id for member in members],
        interval=key.interval,
        bars__gt=0,
        first_ts__lte=last,
        last_ts__gte=first,
    )
    if not key.adjusted:
        found = found.filter(basis=Basis.RAW)
    by_source: dict[str, dict[int, CandleSeries]] = {}
    for series in sorted(found, key=lambda series: _preference(series, first, last)):
        by_source.setdefault(series.source, {}).setdefault(series.instrument_id, series)
    have = {instrument for some in by_source.values() for instrument in some}
    in_order = [by_source[source] for source in SOURCE_ORDER if source in by_source]
    enough = [some for some in in_order if len(some) >= _ENOUGH * len(have)]
    return enough[0] if enough else max(in_order, key=len, default={})


def _preference(series: CandleSeries, first: int, last: int) -> tuple[bool, int, int]:
    """Sort raw before vendor-adjusted, then by the part of the range covered, then by the latest bar."""
    covered = min(series.last_ts or 0, last) - max(series.first_ts or 0, first)
    return series.basis != Basis.RAW, -covered, -(series.last_ts or 0)


def _stored(
    chosen: dict[int, CandleSeries], members: Sequence[Member], key: PanelKey, notes: list[str]
) -> tuple[str, BarColumns, dict[int, tuple[list[int], list[float]]]]:
    """Return source, bars and, by column, the adjustments of the chosen series."""
    column = {member.instrument_id: at for at, member in enumerate(members)}
    of_series = {series.id: column[instrument] for instrument, series in chosen.items()}
    found = read_columns(list(of_series), midnight_utc(key.start), midnight_utc(key.end) + DAY_S - 1, with_oi=False)
    if not len(found):
        raise DataUnavailable(f"No prices are stored for {key.universe} from {key.start} to {key.end}.")
    ids, inverse = np.unique(found.series, return_inverse=True)
    numbers = np.array([of_series[int(one)] for one in ids])[inverse]
    bars = BarColumns(numbers, found.ts, found.open, found.high, found.low, found.close, found.volume)
    raw = [instrument for instrument, series in chosen.items() if series.basis == Basis.RAW]
    vendor = [instrument for instrument in chosen if instrument not in set(raw)]
    if vendor:
        notes.append(f"{len(vendor)} members have prices adjusted by the vendor only")
    actions = action_factors(raw) if key.adjusted else {}
    source = next(iter(chosen.values())).source
    return source, bars, {column[instrument]: rows for instrument, rows in actions.items()}


def _filled(fill: Callable[..., Mapping[str, Bars]], columns: Mapping[str, int], key: PanelKey) -> BarColumns:
    given = {symbol: bars for symbol, bars in fill(list(columns), key.start, key.end).items() if len(bars)}
    if not given:
        raise DataUnavailable(f"There are no prices for {key.universe} from {key.start} to {key.end}.")
    numbers = np.concatenate([np.full(len(bars), columns[symbol]) for symbol, bars in given.items()])
    names = ("ts", "open", "high", "low", "close", "volume")
    return BarColumns(numbers, *(np.concatenate([getattr(bars, name) for bars in given.values()]) for name in names))

"""Searching a universe for patterns, and keeping the record and the newest signals.

A search belongs to one state of the prices. It is made by whoever first needs it, mostly the worker after a session;
the others read what was kept. Making it twice does no harm: the rows are the same.
"""

import hashlib
import logging
import threading
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from core import children, versions
from core.errors import DataUnavailable
from engines.panel import PricePanel
from engines.patterns import ENGINE_VERSION
from engines.patterns.record import Judged, Record, judge, record
from engines.patterns.scan import Signals, find
from market.constants import Exchange
from market.models import Instrument
from market.services.snapshot import UNIVERSE as SNAPSHOT_UNIVERSE
from signals.models.patterns import TIMEFRAME, PatternScan, PatternSignal
from signals.services.history import session_close
from signals.services.market_data import complete_panel
from signals.services.patterns.packing import packed, unpacked
from signals.services.patterns.rows import database_rows

log = logging.getLogger("platform.patterns")

DEFAULT_UNIVERSE: Final = SNAPSHOT_UNIVERSE
#: Sessions whose signals are written again with each search: all that may still be undecided, and some more.
KEPT_SESSIONS: Final = 30
READERS_WAIT_S: Final = 60.0
#: Exchanges whose symbols are shares and indices.
CASH: Final = (Exchange.NSE.value, Exchange.BSE.value)
SEARCH: Final = f"{__name__}:search"
NIGHT: Final = "signals.services.patterns.nightly:search_once"
_BATCH: Final = 1_000
_CHANGING: Final = (
    "direction", "confidence", "n", "wins", "chance", "close", "atr", "volume_ratio", "trend", "liquidity",
    "score", "points", "outcome", "resolved_on", "engine_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A universe with the record of its patterns, up to its last complete session and no further.

    ``key`` names the state of the prices, that session among it; ``as_of``: its close.
    """

    universe: str
    key: str
    panel: PricePanel
    record: Record
    session: date
    as_of: datetime


_kept: dict[str, Standing] = {}
_lock = threading.Lock()


def standing(*, universe: str = DEFAULT_UNIVERSE, now: datetime) -> Standing:
    """Return a universe's record as of its last complete session; searched for and kept if nobody has yet.

    Raises InvalidRequest for an unknown universe, DataUnavailable without prices.
    """
    universe = universe.lower()
    panel = complete_panel(universe, now)
    key = search_key(panel)
    if not versions.in_transaction() and (found := _kept.get(universe)) is not None and found.key == key:
        return found
    if children.serving() and not versions.in_transaction() and not is_searched(universe, panel):
        _search_beside(universe, now)
    with _lock:
        known = _recorded(universe, panel, key)
        session = panel.dates[-1].astype("datetime64[D]").item()
        past = known if known is not None else _search(panel, universe, key, session, now)
        made = Standing(universe, key, panel, past, session, session_close(session, panel.source))
        if not versions.in_transaction():
            _kept[universe] = made
    return made


def is_searched(universe: str, panel: PricePanel) -> bool:
    """Tell whether these prices, which end with a complete session, were searched and the record is kept."""
    rows = PatternScan.objects.filter(universe=universe, data_source=panel.source, timeframe=TIMEFRAME)
    return rows.filter(data_key=search_key(panel)).exists()


def _recorded(universe: str, panel: PricePanel, key: str) -> Record | None:
    row = PatternScan.objects.filter(universe=universe, data_source=panel.source, timeframe=TIMEFRAME).first()
    return unpacked(bytes(row.record)) if row is not None and row.data_key == key else None


def _search_beside(universe: str, now: datetime) -> None:
    """Have a universe searched outside a process that serves; what it finds is in the database then."""
    try:
        if universe == DEFAULT_UNIVERSE:  # perhaps its turn is on now: then that is waited for
            children.run(NIGHT, now=now, deadline_s=READERS_WAIT_S, is_awaited=True)
        else:
            children.run(SEARCH, {"universe": universe}, now=now, deadline_s=READERS_WAIT_S, is_awaited=True)
    except children.ChildFailed:
        raise DataUnavailable("The patterns are still being searched for. Ask again in a minute.") from None


def search(*, universe: str, now: datetime) -> None:
    """Search a universe unless that is done. For a child."""
    standing(universe=universe, now=now)


def forget() -> None:
    """Drop what this process keeps. For tests and measurements."""
    with _lock:
        _kept.clear()


def search_key(panel: PricePanel) -> str:
    """Name the universe's prices in their present state and the rules; two universes never share a name."""
    said = f"{ENGINE_VERSION}|{panel.source}|{panel.version}|{panel.dates[0]}|{panel.dates[-1]}|{panel.shape}"
    return hashlib.sha256(said.encode()).hexdigest()


def _search(panel: PricePanel, universe: str, key: str, session: date, now: datetime) -> Record:
    signals = find(panel)
    past = record(panel, signals)
    first = max(0, panel.shape[0] - KEPT_SESSIONS)
    recent = _since(signals, first)
    rows = database_rows(
        panel,
        judge(panel, recent, past),
        universe=universe,
        instruments=_instruments(panel.symbols),
        since=first,
        now=now,
    )
    _keep(rows, panel, universe, key, session, past, now)
    log.info("patterns searched", extra={"universe": universe, "found": len(signals), "kept": len(rows)})
    return past


def _since(signals: Signals, row: int) -> Signals:
    chosen = signals.row >= row
    return Signals(*(getattr(signals, name)[chosen] for name in Signals.__slots__))


def _instruments(symbols: tuple[str, ...]) -> dict[str, int]:
    names = {symbol.partition(":")[2] for symbol in symbols}
    found = Instrument.objects.filter(symbol__in=names).values_list("exchange", "symbol", "id")
    return {f"{exchange}:{symbol}": number for exchange, symbol, number in found}


def _keep(
    rows: list[PatternSignal], panel: PricePanel, universe: str, key: str, session: date, past: Record, now: datetime
) -> None:
    """Write the signals and the record; rows of these sessions that are no longer found are deleted."""
    first = panel.dates[max(0, panel.shape[0] - KEPT_SESSIONS)].astype("datetime64[D]").item()
    with transaction.atomic():
        PatternSignal.objects.bulk_create(
            rows,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["instrument", "session", "pattern", "timeframe", "data_source", "universe"],
            update_fields=_CHANGING,
        )
        _delete_others(
            rows, PatternSignal.objects.filter(universe=universe, data_source=panel.source, session__gte=first)
        )
        PatternScan.objects.update_or_create(
            universe=universe,
            data_source=panel.source,
            timeframe=TIMEFRAME,
            defaults={
                "data_key": key,
                "session": session,
                "symbols": int(np.count_nonzero(panel.member[-1])),
                "record": packed(past),
                "engine_version": ENGINE_VERSION,
                "computed_at": now,
            },
        )


def _delete_others(rows: list[PatternSignal], theirs: QuerySet[PatternSignal]) -> None:
    there = {(row.instrument_id, row.session, row.pattern) for row in rows}
    places = theirs.values_list("pk", "instrument_id", "session", "pattern")
    gone = [pk for pk, *place in places if tuple(place) not in there]
    for at in range(0, len(gone), _BATCH):
        PatternSignal.objects.filter(pk__in=gone[at : at + _BATCH]).delete()


def judged_column(standing_: Standing, panel: PricePanel) -> Judged:
    """Return the signals of a panel of one symbol, judged by a universe's record.

    The record is of shares: options and futures have none here, so that n is 0 and the confidence 50.
    """
    cash = panel.symbols[0].partition(":")[0] in CASH
    return judge(panel, find(panel), standing_.record if cash else _empty(standing_.record))


def _empty(past: Record) -> Record:
    """Return a record of the same days in which nothing was decided."""
    nothing = {name: np.zeros_like(getattr(past, name)) for name in ("n", "wins", "tried", "won")}
    return replace(past, **nothing)

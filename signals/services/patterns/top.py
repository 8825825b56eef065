"""The top signals that the market snapshot shows: confidence times liquidity, of the last session."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core import clock
from core.jobs import enqueue
from market.constants import SOURCE_ORDER
from market.services.snapshot import MAX_SIGNALS, UNIVERSE, PatternSignal
from signals.models.patterns import TIMEFRAME, PatternScan
from signals.models.patterns import PatternSignal as Row

TASK: Final = "signals.find_patterns"
#: The snapshot asks every second; rows change once a session.
READ_EVERY_S: Final = 15.0
ASK_EVERY_S: Final = 60.0

_lock = threading.Lock()
_read_at = float("-inf")
_asked_at = float("-inf")
_rows: tuple[PatternSignal, ...] = ()


def top_signals(now: datetime) -> Sequence[PatternSignal]:
    """Return at most ten signals of the last session searched, best first, one a symbol.

    Reads the database at most every 15 seconds. While nothing was ever searched it asks the worker to, and is empty.
    """
    global _read_at, _rows
    with _lock:
        if clock.monotonic() - _read_at >= READ_EVERY_S:
            _rows = tuple(read())
            _read_at = clock.monotonic()
        return _rows


def forget() -> None:
    """Read again at the next call. For tests."""
    global _read_at, _asked_at
    with _lock:
        _read_at = _asked_at = float("-inf")


def read() -> list[PatternSignal]:
    """Return the top signals as the database has them now."""
    scans = {
        scan.data_source: scan
        for scan in PatternScan.objects.filter(universe=UNIVERSE, timeframe=TIMEFRAME).defer("record")
    }
    if not scans:
        _ask()
        return []
    scan = next((scans[source] for source in SOURCE_ORDER if source in scans), next(iter(scans.values())))
    rows = Row.objects.filter(
        universe=scan.universe, data_source=scan.data_source, session=scan.session, timeframe=TIMEFRAME, score__gt=0.0
    )
    best: dict[str, PatternSignal] = {}
    for row in rows.select_related("instrument").order_by("-score", "instrument__symbol", "pattern"):
        symbol = row.instrument.key
        best.setdefault(symbol, PatternSignal(symbol, row.pattern, row.confidence, scan.data_source, scan.session))
        if len(best) == MAX_SIGNALS:
            break
    return list(best.values())


def _ask() -> None:
    """Wake the worker, at most once a minute."""
    global _asked_at
    if clock.monotonic() - _asked_at >= ASK_EVERY_S:
        _asked_at = clock.monotonic()
        enqueue(TASK)

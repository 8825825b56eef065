"""Signals on demand: scans of yesterday's session by the platform's own services, beside a running server.

Run inside ``manage.py shell`` (see `run`). Instants are given, so nothing waits for the wall clock.
"""

import json
import os
import subprocess
import sys
from typing import Any

from tests.server.running import ROOT, Server

_HEAD = """
import json, time
from datetime import UTC, datetime, timedelta
from core.jobs import slot_of
from signals.models import FnoLatest, FnoSignal
from signals.services.fno import tracking
from signals.services.fno.scanning import scan
from signals.services.fno.wire import signal_row
now = datetime.now(UTC)
india = timedelta(hours=5, minutes=30)
midnight = (now + india).replace(hour=0, minute=0, second=5, microsecond=0) - india - timedelta(days=1)
def at(minute):
    return midnight + timedelta(minutes=minute)
def walk(index, minutes, each):
    kept = FnoLatest.objects.filter(index=index).first()
    for minute in minutes:
        scan(index, slot=slot_of(at(minute), 60), now=at(minute))
        if each(minute):
            break
    latest = FnoLatest.objects.get(index=index)
    answer = {"index": index, "analysis": latest.payload}
    if kept is not None and latest.scanned_at < kept.scanned_at:
        same = FnoLatest.objects.filter(index=index, slot=latest.slot)
        same.update(slot=kept.slot, scanned_at=kept.scanned_at, payload=kept.payload)
    return answer
"""

#: Scan an index that has no live signal, minute by minute, until one fires.
_FIRE = """
busy = set(FnoSignal.objects.filter(status="LIVE").values_list("index", flat=True))
index = next(name for name in ("NIFTY", "SENSEX", "BANKNIFTY", "FINNIFTY") if name not in busy)
before = set(FnoSignal.objects.values_list("pk", flat=True))
fresh = lambda: FnoSignal.objects.filter(index=index).exclude(pk__in=before).first()
answer = walk(index, range(515, 815), lambda minute: fresh() is not None)
signal = fresh()
answer["signal"] = signal_row(signal)
print("DRIVEN" + json.dumps({"index": index, "code": signal.trade_code, "answer": answer}))
"""

#: Follow it minute by minute until it is over.
_FOLLOW = """
signal = FnoSignal.objects.get(trade_code=CODE)
for minute in range(1, 48):
    signal.refresh_from_db()
    if signal.status != "LIVE":
        break
    tracking.follow(signal, now=signal.triggered_at + timedelta(minutes=minute, seconds=30))
    time.sleep(1.2 if minute < 4 else 0)
print("DRIVEN" + json.dumps({}))
"""

#: Two hours of two indices, each signal to its end and its label.
_SESSION = """
for index in ("BANKNIFTY", "SENSEX"):
    def each(minute):
        tracking.track_quietly(index, now=at(minute))
    walk(index, range(540, 660), each)
    tracking.track_quietly(index, now=at(725))
print("DRIVEN" + json.dumps({}))
"""


def _run(server: Server, code: str) -> Any:
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", _HEAD + code]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | server.env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("DRIVEN"))
    return json.loads(line.removeprefix("DRIVEN"))


def fire(server: Server) -> dict[str, Any]:
    """Let a signal fire; return its ``index``, its ``code`` and the ``answer`` of that minute."""
    return _run(server, _FIRE)


def follow(server: Server, code: str) -> None:
    """Follow a signal to its end."""
    _run(server, f"CODE = {code!r}\n" + _FOLLOW)


def session(server: Server) -> None:
    """Fill the record with a stretch of yesterday."""
    _run(server, _SESSION)

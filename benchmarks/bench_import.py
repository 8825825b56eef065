"""Import of day bars: rows a second on SQLite and PostgreSQL, how long others wait for SQLite's write lock, and a peer.

    MARKET_DATA_DIR=... .venv/bin/python benchmarks/bench_import.py [--postgres postgres://user@host:port/]

The file is ``daily/nse_eq_daily_raw.parquet`` of MARKET_DATA_DIR, else 750,000 seeded bars. The peer writes the same
bars as rows of the ORM with ``bulk_create``. On SQLite a second process asks for the write lock all the time and keeps
the longest wait. ``--postgres`` names a server on which a scratch database may be made and dropped.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
ROWS_PER_S, LOCK_MS, PEER_ROWS = 50_000, 200.0, 50_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--postgres", default="", help="URL of a server for a scratch database")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure()))
        return 0
    kept: dict[str, bool] = {}
    figures: dict[str, str] = {}
    for name, database in databases(arguments.postgres):
        found = run_worker(__file__, database)
        print(f"{name:<10} {json.dumps(found)}", flush=True)
        kept[first := f"{name}: first import >= {ROWS_PER_S:,} rows/s"] = found["first_rows_per_s"] >= ROWS_PER_S
        figures[first] = f"{found['first_rows_per_s']:,.0f} rows/s"
        kept[f"{name}: every row accounted for, twice"] = found["accounted"] and found["again_unchanged"]
        if "longest_wait_ms" in found:
            kept[wait := f"{name}: nobody waits {LOCK_MS:.0f} ms for the write lock"] = (
                found["longest_wait_ms"] < LOCK_MS
            )
            figures[wait] = f"{found['longest_wait_ms']:.0f} ms"
    return verdict(kept, figures)


def verdict(kept: dict[str, bool], figures: dict[str, str] | None = None) -> int:
    """Print which promises hold, each with what was measured where ``figures`` has it; return the exit code."""
    for name, well in kept.items():
        measured = (figures or {}).get(name)
        print("kept  " if well else "BROKEN", name if measured is None else f"{name} | {measured}")
    return 0 if all(kept.values()) else 1


def databases(postgres: str) -> list[tuple[str, str]]:
    """Return (name, URL) of what to measure on; '' is the embedded SQLite."""
    return [("sqlite", ""), *([("postgresql", postgres)] if postgres else [])]


def run_worker(script: str, server: str, *extra: str) -> dict[str, Any]:
    """Run ``script --worker`` in a process with an empty database and state, and return what it printed."""
    with tempfile.TemporaryDirectory() as state:
        env = os.environ | {
            "STATE_DIR": state,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tradeplatform.settings",
        }
        env.pop("DATABASE_URL", None)
        name = f"bench_{secrets.token_hex(4)}"
        if server:
            admin = urlunsplit(urlsplit(server)._replace(path="/postgres"))
            _admin(admin, f'CREATE DATABASE "{name}"')
            env |= {
                "DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{name}")),
                "SECRET_KEY": secrets.token_hex(40),
            }
        try:
            done = subprocess.run(
                [sys.executable, script, "--worker", *extra], env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True
            )
        finally:
            if server:
                _admin(admin, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    return json.loads(done.stdout.splitlines()[-1])


def _admin(url: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def prepare_django() -> None:
    """Set Django up and migrate the empty database."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def daily_file(folder: Path) -> Path:
    """Return the real file of day bars, or a seeded one of the same size."""
    real = Path(os.environ.get("MARKET_DATA_DIR", "/nonexistent")) / "daily" / "nse_eq_daily_raw.parquet"
    return real if real.is_file() else seeded_file(folder / "seeded.parquet", symbols=425, days=1765)


def seeded_file(path: Path, *, symbols: int, days: int, end: str = "2026-03-30") -> Path:
    """Write seeded random walks on listed sessions of NSE, the last ``days`` up to ``end``."""
    from datetime import date

    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engines.exchange.calendar import official_calendar

    sessions = official_calendar("NSE").sessions(date(2000, 1, 1), date.fromisoformat(end))[-days:]
    rng = np.random.default_rng(7)
    close = np.round(500 * np.exp(np.cumsum(rng.normal(0, 0.015, (symbols, days)), axis=1)), 2)
    opens = np.round(close * np.exp(rng.normal(0, 0.005, close.shape)), 2)
    high, low = np.maximum(opens, close) * 1.01, np.minimum(opens, close) * 0.99
    table = {
        "symbol": np.repeat([f"S{n:03d}" for n in range(symbols)], days),
        "date": np.tile(np.array(sessions, "datetime64[D]").astype("datetime64[us]"), symbols),
        "open": opens.ravel(), "high": high.ravel(), "low": low.ravel(), "close": close.ravel(),
        "volume": rng.integers(1_000, 1_000_000, symbols * days),
    }  # fmt: skip
    pq.write_table(pa.table(table), path)
    return path


def measure() -> dict[str, Any]:
    """Import the file twice, then the peer's way; return the figures."""
    prepare_django()
    from django.conf import settings
    from django.db import connection

    from core import clock
    from market.services.candle_imports import import_candles
    from market.services.imports import CandleOptions

    path = daily_file(Path(settings.STATE_DIR))
    waits = LockWatcher(Path(settings.DATABASES["default"]["NAME"])) if connection.vendor == "sqlite" else None
    first = import_candles(path=path, options=CandleOptions(), now=clock.now())
    wait_ms = waits.stop() if waits else None
    again = import_candles(path=path, options=CandleOptions(), now=clock.now())
    peer = bulk_create_rows_per_s()
    found = {
        "file": path.name,
        "rows": first.read,
        "first_rows_per_s": round(first.rows_per_second),
        "again_rows_per_s": round(again.rows_per_second),
        "accounted": first.read == first.accounted == first.added,
        "again_unchanged": again.unchanged == again.read,
        "longest_transaction_ms": round(first.longest_lock_s * 1000, 1),
        "peer_orm_bulk_create_rows_per_s": round(peer),
        "times_the_peer": round(first.rows_per_second / peer, 1),
    }
    return found | ({"longest_wait_ms": round(wait_ms, 1)} if wait_ms is not None else {})


def bulk_create_rows_per_s() -> float:
    """Write stored bars again as rows of the ORM, into a series of their own."""
    from market.models import Candle, CandleSeries

    rows = list(Candle.objects.all()[:PEER_ROWS])
    series = CandleSeries.objects.get(pk=rows[0].series_id)
    series.pk, series.origin = None, "peer"
    series.save()
    started = time.perf_counter()
    Candle.objects.bulk_create(
        (
            Candle(series=series, ts=n, open=r.open, high=r.high, low=r.low, close=r.close, volume=r.volume)
            for n, r in enumerate(rows)
        ),
        batch_size=2_000,
    )
    return len(rows) / (time.perf_counter() - started)


class LockWatcher:
    """Another process that takes SQLite's write lock again and again and remembers its longest wait."""

    def __init__(self, database: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._stop, (self._ours, theirs) = context.Event(), context.Pipe()
        self._process = context.Process(target=watch_lock, args=(str(database), self._stop, theirs))
        self._process.start()
        self._ours.recv()

    def stop(self) -> float:
        """Return the longest wait in milliseconds."""
        self._stop.set()
        longest = self._ours.recv()
        self._process.join()
        return longest * 1000


def watch_lock(database: str, stop: Any, pipe: Any) -> None:
    """Take and release the write lock every 5 ms until told to stop; send the longest wait in seconds."""
    connection = sqlite3.connect(database, timeout=20, isolation_level=None)
    pipe.send("ready")
    longest = 0.0
    while not stop.wait(0.005):
        started = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        longest = max(longest, time.perf_counter() - started)
        connection.execute("ROLLBACK")
    pipe.send(longest)


if __name__ == "__main__":
    sys.exit(main())

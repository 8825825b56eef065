"""P6: a price panel on the request path, and the peer: the same bars as rows of the ORM, pivoted by pandas.

    MARKET_DATA_DIR=... .venv/bin/python benchmarks/bench_panel.py [--postgres postgres://user@host:port/]

Small is 100 symbols × 1,500 days, seeded. With MARKET_DATA_DIR the real NIFTY 100 of 2020-2026 is measured too.
First fill: nothing in the process, no file. File: another process has built it. Hit: this process has it.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from bench_import import databases, prepare_django, run_worker, seeded_file, verdict

FILL_MS, FILE_MS, HIT_MS, PEER_RATIO = 500.0, 15.0, 0.1, 1.5
ROUNDS = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--postgres", default="", help="URL of a server for a scratch database")
    parser.add_argument("--worker", default="", nargs="?", const="small", help=argparse.SUPPRESS)
    parser.add_argument("--case", default="small", choices=("small", "nifty_100"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(arguments.case)))
        return 0
    kept: dict[str, bool] = {}
    figures: dict[str, str] = {}
    cases = ["small", *(["nifty_100"] if os.environ.get("MARKET_DATA_DIR") else [])]
    for case in cases:
        for name, server in databases(arguments.postgres):
            found = run_worker(__file__, server, f"--case={case}")
            print(f"{case:<10} {name:<10} {json.dumps(found)}", flush=True)
            label = f"{case} on {name}"
            for bound, key, well in (
                (f"first fill <= {FILL_MS:.0f} ms", "first_fill_ms", found["first_fill_ms"] <= FILL_MS),
                (f"from file <= {FILE_MS:.0f} ms", "file_ms", found["file_ms"] <= FILE_MS),
                (f"hit <= {HIT_MS} ms", "hit_ms", found["hit_ms"] <= HIT_MS),
                (f"first fill >= {PEER_RATIO} times the peer", "times_the_peer", found["times_the_peer"] >= PEER_RATIO),
            ):
                kept[f"{label}: {bound}"] = well
                figures[f"{label}: {bound}"] = f"{found[key]:.4g} {'times' if key == 'times_the_peer' else 'ms'}"
    return verdict(kept, figures)


def measure(case: str) -> dict[str, Any]:
    """Return medians over alternating rounds of fill and peer, in milliseconds."""
    prepare_django()
    start, end = prepare_small() if case == "small" else prepare_real()
    from market.services import panels

    def ask() -> Any:
        return panels.panel(case, start, end)

    fills, files, peers = [], [], []
    shape = ask().shape
    for _ in range(ROUNDS):
        forget_everything()
        fills.append(timed(ask))
        panels.forget()
        files.append(timed(ask))
        peers.append(timed(lambda: orm_and_pandas(case, start, end)))
    hit = timed(lambda: [ask() for _ in range(1_000)]) / 1_000
    fill = statistics.median(fills)
    return {
        "shape": shape,
        "first_fill_ms": round(fill, 1),
        "file_ms": round(statistics.median(files), 2),
        "hit_ms": round(hit, 4),
        "peer_orm_pandas_pivot_ms": round(statistics.median(peers), 1),
        "times_the_peer": round(statistics.median(peers) / fill, 1),
    }


def timed(work: Callable[[], Any]) -> float:
    """Return the milliseconds ``work`` takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def forget_everything() -> None:
    """Leave neither the process's copy nor the file."""
    import shutil

    from market.services import panels

    panels.forget()
    shutil.rmtree(panels.panels_dir(), ignore_errors=True)


def prepare_small() -> tuple[date, date]:
    """Import 100 × 1,500 seeded bars and list the symbols as the universe ``small``."""
    from django.conf import settings

    from core import clock
    from market.services.candle_imports import import_candles
    from market.services.imports import CandleOptions
    from market.services.universes import import_constituents

    folder = Path(settings.STATE_DIR)
    bars = seeded_file(folder / "small.parquet", symbols=100, days=1500)
    names = folder / "small.csv"
    names.write_text("Symbol\n" + "".join(f"S{n:03d}\n" for n in range(100)))
    import_candles(path=bars, options=CandleOptions(), now=clock.now())
    import_constituents(path=names, universe="small", as_of=date(2020, 1, 1), now=clock.now())
    return date(2020, 1, 1), date(2026, 3, 31)


def prepare_real() -> tuple[date, date]:
    """Import the real day bars, corporate actions and the NIFTY 100 of 2025-08-14."""
    from core import clock
    from market.services.candle_imports import import_candles
    from market.services.corporate_actions import import_corporate_actions
    from market.services.imports import CandleOptions
    from market.services.universes import import_constituents

    data = Path(os.environ["MARKET_DATA_DIR"])
    now = clock.now()
    import_candles(path=data / "daily" / "nse_eq_daily_raw.parquet", options=CandleOptions(), now=now)
    import_corporate_actions(path=data / "daily" / "corporate_actions_inferred.csv", now=now)
    constituents = data / "constituents" / "2025-08-14" / "ind_nifty100list.csv"
    import_constituents(path=constituents, universe="nifty_100", as_of=date(2025, 8, 14), now=now)
    return date(2020, 1, 1), date(2026, 3, 31)


def orm_and_pandas(universe: str, start: date, end: date) -> Any:
    """Read the same bars as rows of the ORM and pivot each field with pandas."""
    import pandas as pd

    from market.models import Candle
    from market.services.candles import midnight_utc

    rows = Candle.objects.filter(
        series__instrument__memberships__snapshot__universe__name=universe,
        ts__gte=midnight_utc(start),
        ts__lte=midnight_utc(end),
    )
    names = ["series_id", "ts", "open", "high", "low", "close", "volume"]
    frame = pd.DataFrame.from_records(rows.values_list(*names), columns=names)
    return {field: frame.pivot(index="ts", columns="series_id", values=field) for field in names[2:]}


if __name__ == "__main__":
    sys.exit(main())

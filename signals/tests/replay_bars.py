"""Imported bars for replays: made ones, and real ones out of MARKET_DATA_DIR."""

import os
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.clock import IST
from market.constants import Exchange, Interval, Segment, Source
from market.models import Candle, CandleSeries, Instrument

FILE = Path(os.environ.get("MARKET_DATA_DIR", "/nonexistent")) / "intraday" / "index_1min_2024.parquet"
SYMBOLS = {"NIFTY": "NIFTY 50", "BANKNIFTY": "NIFTY BANK"}
MINUTES = 375
Columns = Mapping[str, np.ndarray]


def keep(index: str, columns: Columns, *, interval: str = Interval.MINUTE, origin: str = "made") -> CandleSeries:
    """Store bars of an index as an import would."""
    instrument, _ = Instrument.objects.get_or_create(
        exchange=Exchange.NSE, symbol=SYMBOLS[index], segment=Segment.INDEX, defaults={"name": SYMBOLS[index]}
    )
    ts = columns["ts"]
    series = CandleSeries.objects.create(
        instrument=instrument, interval=interval, source=Source.IMPORT, origin=origin, first_ts=int(ts[0]),
        last_ts=int(ts[-1]), bars=len(ts),
    )  # fmt: skip
    rows = zip(*(columns[name].tolist() for name in ("ts", "open", "high", "low", "close")), strict=True)
    Candle.objects.bulk_create(
        [Candle(series=series, ts=t, open=o, high=h, low=low, close=c) for t, o, h, low, c in rows], batch_size=2_000
    )
    return series


def days_from(first: date, count: int) -> list[date]:
    """Return so many weekdays."""
    found = [first]
    while len(found) < count:
        following = found[-1] + timedelta(days=1)
        while following.weekday() > 4:
            following += timedelta(days=1)
        found.append(following)
    return found


def opening(day: date) -> int:
    """Return 09:15 of a day, epoch seconds."""
    return int(datetime(day.year, day.month, day.day, 9, 15, tzinfo=IST).timestamp())


def made(seed: int, *, first: date = date(2024, 7, 18), count: int = 13, price: float = 22_000.0) -> dict[str, Any]:
    """Return minutes of sessions that wander, each with a drift of its own."""
    rng = np.random.default_rng(seed)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("ts", "open", "high", "low", "close")}
    for day in days_from(first, count):
        steps = rng.normal(rng.choice([-0.35, 0.0, 0.35]), 3.5, MINUTES)
        close = price + np.cumsum(steps)
        opened = np.concatenate([[price], close[:-1]])
        wide = np.abs(rng.normal(0, 1.5, (2, MINUTES)))
        parts["ts"].append(opening(day) + 60 * np.arange(MINUTES))
        parts["open"].append(opened)
        parts["high"].append(np.maximum(opened, close) + wide[0])
        parts["low"].append(np.minimum(opened, close) - wide[1])
        parts["close"].append(close)
        price = float(close[-1])
    return {name: np.round(np.concatenate(part), 2) for name, part in parts.items()} | {
        "ts": np.concatenate(parts["ts"]).astype(np.int64)
    }


def real(index: str, first: date, last: date) -> dict[str, Any]:
    """Return real minutes of 2024."""
    from pyarrow import compute, parquet

    table = parquet.read_table(FILE)
    table = table.filter(compute.equal(table["symbol"], SYMBOLS[index]))
    ts = table["ts"].to_numpy().astype("datetime64[s]").astype(np.int64) - 19_800
    inside = (ts >= opening(first)) & (ts < opening(last) + 60 * MINUTES)
    found = {name: table[name].to_numpy()[inside].astype(float) for name in ("open", "high", "low", "close")}
    return {"ts": ts[inside], **found}

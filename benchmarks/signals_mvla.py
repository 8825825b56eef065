"""MVLA's part of P14: one index analysed from its minute bars, columns, layers, three trades and answer included.

The peer is the beginning of the same work: five-minute bars and four indicators of the same minutes by pandas, without
layers, chain or trades; alternating rounds.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ANALYSIS_MS = 20.0
ROUNDS = 31


def measure() -> tuple[dict[str, Any], dict[str, bool]]:
    """Return medians in milliseconds, and whether the bound holds."""
    from engines.mvla.analysis import analyse
    from engines.mvla.history import build
    from engines.mvla.payload import payload
    from engines.mvla.tests.markets import P, moment_at, spot_of, walk

    found: dict[str, Any] = {}
    kept: dict[str, bool] = {}
    for name, minutes in (("exchange hours", 375), ("always open", 1_440)):
        bars = walk(1, 0.3, minutes=minutes)
        moment, spot = moment_at(bars, 150), spot_of(bars)
        history = build(spot, bars, P)
        analyse(history, moment)

        def whole(spot: Any = spot, bars: Any = bars, moment: Any = moment) -> None:
            payload(analyse(build(spot, bars, P), moment))

        def again(history: Any = history, moment: Any = moment) -> None:
            analyse(history, moment)

        def peer(spot: Any = spot) -> None:
            pandas_columns(spot)

        times: dict[str, list[float]] = {"analysis_ms": [], "next_minute_ms": [], "peer_columns_ms": []}
        for _ in range(ROUNDS):
            for key, work in (("analysis_ms", whole), ("next_minute_ms", again), ("peer_columns_ms", peer)):
                times[key].append(timed(work))
        found[name] = {key: round(statistics.median(values), 2) for key, values in times.items()}
        kept[f"MVLA analysis, {name} <= {ANALYSIS_MS:.0f} ms"] = found[name]["analysis_ms"] <= ANALYSIS_MS
    return found, kept


def timed(work: Callable[[], Any]) -> float:
    """Return the milliseconds of one call."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def pandas_columns(spot: Any) -> Any:
    """Five-minute bars, ATR, two averages, RSI and ADX as pandas users write them; no layers, no trades."""
    import pandas as pd

    frame = pd.DataFrame(
        {"open": spot.open, "high": spot.high, "low": spot.low, "close": spot.close},
        index=pd.to_datetime(spot.ts, unit="s"),
    )
    five = frame.resample("5min").agg({"open": "first", "high": "max", "low": "min", "close": "last"}).dropna()
    before = five["close"].shift()
    span = np.maximum(five["high"], before) - np.minimum(five["low"], before)
    atr = span.ewm(alpha=1 / 14, adjust=False).mean()
    change = five["close"].diff()
    up, down = five["high"].diff(), -five["low"].diff()
    plus = up.where((up > down) & (up > 0), 0.0).ewm(alpha=1 / 14, adjust=False).mean() / atr
    minus = down.where((down > up) & (down > 0), 0.0).ewm(alpha=1 / 14, adjust=False).mean() / atr
    return (
        five["close"].ewm(span=9, adjust=False).mean(),
        five["close"].ewm(span=21, adjust=False).mean(),
        change.clip(lower=0).ewm(alpha=1 / 14).mean() / change.abs().ewm(alpha=1 / 14).mean(),
        ((plus - minus).abs() / (plus + minus)).ewm(alpha=1 / 14, adjust=False).mean(),
    )

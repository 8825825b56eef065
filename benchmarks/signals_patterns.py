"""Similar history over 500 symbols × 6,500 days, beside the same search in plain numpy; and a search for patterns."""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engines.panel import PricePanel
from engines.patterns.afterwards import afterwards
from engines.patterns.analogues import history, similar
from engines.patterns.record import judge, record
from engines.patterns.scan import find

DAYS, SYMBOLS, AFTER, ROUNDS = 6_500, 500, 20, 3
BARS = (20, 60, 250)
SIMILAR_MS, PEER_RATIO, SEARCH_MS = 1_000.0, 2.0, 20_000.0


def measure() -> tuple[dict[str, Any], dict[str, bool]]:
    """Return medians of alternating rounds in milliseconds, and which bounds hold. Seeded."""
    panel = made_panel()
    past = history(panel.close)
    found: dict[str, Any] = {"shape": panel.shape}
    kept: dict[str, bool] = {}
    for bars in BARS:
        query = panel.close[-bars:, 3]
        ours, peers = [], []
        answer(past, query)
        for _ in range(ROUNDS):
            ours.append(timed(partial(answer, past, query)))
            peers.append(timed(partial(plain, panel.close, query)))
        mine, peer = statistics.median(ours), statistics.median(peers)
        found[f"similar_{bars}_bars_ms"], found[f"plain_numpy_{bars}_bars_ms"] = round(mine, 1), round(peer, 1)
        kept[f"similar history of {bars} bars <= {SIMILAR_MS:.0f} ms"] = mine <= SIMILAR_MS
        kept[f"similar history of {bars} bars >= {PEER_RATIO} times plain numpy"] = peer >= PEER_RATIO * mine
    search(panel)
    whole = timed(lambda: search(panel))
    found["search_for_patterns_ms"] = round(whole, 1)
    kept[f"search of the whole universe <= {SEARCH_MS:.0f} ms"] = whole <= SEARCH_MS
    return found, kept


def answer(past: Any, query: np.ndarray) -> Any:
    """Do all that a request does: search, measure the best again, sum up what followed."""
    matches = similar(past, query, as_of=DAYS - 1, after=AFTER, own=3)
    return afterwards(past, matches, as_of=DAYS - 1, bars=AFTER)


def plain(close: np.ndarray, query: np.ndarray) -> list[tuple[float, int, int]]:
    """Find the twenty best correlations of log closes with sliding windows, one symbol at a time; nothing more."""
    asked = np.log(query)
    asked = (asked - asked.mean()) / asked.std()
    best: list[tuple[float, int, int]] = []
    for column in range(close.shape[1]):
        windows = np.lib.stride_tricks.sliding_window_view(np.log(close[:, column]), len(asked))[:-AFTER]
        centred = windows - windows.mean(axis=1, keepdims=True)
        r = centred @ asked / (len(asked) * centred.std(axis=1))
        top = np.argpartition(r, -20)[-20:]
        best += [(float(r[end]), column, int(end)) for end in top]
    return sorted(best, reverse=True)[:20]


def search(panel: PricePanel) -> Any:
    """Find every pattern, build the record, and judge the signals of the last 30 days."""
    signals = find(panel)
    recent = signals.row >= DAYS - 30
    latest = type(signals)(*(getattr(signals, name)[recent] for name in type(signals).__slots__))
    return judge(panel, latest, record(panel, signals))


def made_panel() -> PricePanel:
    """Return a seeded random universe."""
    rng = np.random.default_rng(8)
    shape = (DAYS, SYMBOLS)
    moves = rng.normal(0.0002, 0.018, shape)
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(rng.normal(0.0, 0.004, shape))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, 0.006, shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, 0.006, shape)))
    return PricePanel(
        dates=np.busday_offset("2001-01-01", np.arange(DAYS), roll="forward"),
        symbols=tuple(f"S{i}" for i in range(SYMBOLS)),
        sectors=("",) * SYMBOLS,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=np.exp(rng.normal(12.0, 0.4, shape)),
        factor=np.ones(shape),
        member=np.ones(shape, bool),
        source="made",
        version="bench",
    )


def timed(work: Callable[[], Any]) -> float:
    """Return the milliseconds ``work`` takes."""
    started = time.perf_counter()
    work()
    return 1_000.0 * (time.perf_counter() - started)

"""Made-up markets for the tests: bars after a quiet stretch, zigzags, random universes."""

from collections.abc import Sequence

import numpy as np

from engines.panel import Floats, PricePanel
from engines.patterns.catalogue import BY_NUMBER
from engines.patterns.scan import Signals, find

Bar = tuple[float, float, float, float]


def panel_of(open_: Floats, high: Floats, low: Floats, close: Floats, volume: Floats | None = None) -> PricePanel:
    """Return a panel of the given (T, N) prices, all symbols members all the time."""
    shape = close.shape
    return PricePanel(
        dates=np.busday_offset("2019-01-01", np.arange(shape[0]), roll="forward"),
        symbols=tuple(f"NSE:S{i:03}" for i in range(shape[1])),
        sectors=("",) * shape[1],
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=np.full(shape, 1000.0) if volume is None else volume,
        factor=np.ones(shape),
        member=np.ones(shape, bool),
        source="made",
        version="1",
    )


def one(bars: Sequence[Bar]) -> PricePanel:
    """Return a panel of one symbol's (open, high, low, close)."""
    table = np.array(bars, np.float64)
    return panel_of(*(table[:, i : i + 1].copy() for i in range(4)))


def mirror(bars: Sequence[Bar]) -> list[Bar]:
    """Return the bars upside down about 100."""
    return [(200.0 - o, 200.0 - low, 200.0 - high, 200.0 - c) for o, high, low, c in bars]


def quiet(drift: float, bars: int = 60, last: float = 100.0) -> list[Bar]:
    """Return bars of range 2 that end with a close of ``last``, drifting by ``drift`` a bar."""
    closes = last - drift * np.arange(bars - 1, -1, -1)
    return [(c - drift, c + 1.0 + 0.01 * (i % 3), c - 1.0, c) for i, c in enumerate(closes)]


def zigzag(*turns: tuple[float, int], start: float) -> list[Bar]:
    """Return bars that go from ``start`` in straight lines to each (price, bars), half a rupee around the close."""
    closes = [start]
    for price, bars in turns:
        closes += list(np.linspace(closes[-1], price, bars + 1)[1:])
    before = [closes[0], *closes[:-1]]
    return [
        ((o + c) / 2, max((o + c) / 2, c) + 0.5, min((o + c) / 2, c) - 0.5, c)
        for o, c in zip(before, closes, strict=True)
    ]


def universe(days: int = 700, symbols: int = 40, seed: int = 7) -> PricePanel:
    """Return a random universe with restless and quiet times, gaps between close and open, and missing bars."""
    rng = np.random.default_rng(seed)
    shape = (days, symbols)
    restless = 0.008 + 0.022 * np.abs(np.sin(np.arange(days) / 45.0 + rng.uniform(0, 3, symbols)[:, None])).T
    moves = rng.normal(0.0003, 1.0, shape) * restless
    close = 100.0 * np.exp(np.cumsum(moves, axis=0))
    open_ = np.vstack([close[:1], close[:-1]]) * np.exp(rng.normal(0, 0.3, shape) * restless)
    reach = np.abs(rng.normal(0, 0.5, (2, *shape))) * restless
    high, low = np.maximum(open_, close) * np.exp(reach[0]), np.minimum(open_, close) * np.exp(-reach[1])
    volume = np.exp(rng.normal(10, 0.5, shape))
    missing = rng.random(shape) < 0.02
    missing[: days // 3, -3:] = True
    for table in (open_, high, low, close):
        table[missing] = np.nan
    return panel_of(*(np.round(table, 2) for table in (open_, high, low, close)), np.where(missing, 0.0, volume))


def keys(signals: Signals, row: int | None = None) -> list[str]:
    """Return the patterns found, on ``row`` only if given."""
    rows = zip(signals.row, signals.code, signals.sign, strict=True)
    return [BY_NUMBER[int(code), int(sign)].key for at, code, sign in rows if row is None or at == row]


def first_row(bars: Sequence[Bar], key: str) -> int:
    """Return the first row on which a pattern is found, -1 if nowhere."""
    signals = find(one(bars))
    rows = zip(signals.row, signals.code, signals.sign, strict=True)
    return next((int(at) for at, code, sign in rows if BY_NUMBER[int(code), int(sign)].key == key), -1)

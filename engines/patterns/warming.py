"""Making the compiled functions ready before the first request."""

import numpy as np

from engines.panel import PricePanel
from engines.patterns.afterwards import afterwards
from engines.patterns.analogues import history, similar
from engines.patterns.record import judge, record
from engines.patterns.scan import find


def warm() -> None:
    """Search two made-up symbols, so that all machine code is loaded (or built and kept on disk)."""
    days = 60
    close = 100.0 + np.add.outer(3.0 * np.sin(np.arange(days)), np.arange(2.0))
    ones = np.ones(close.shape)
    panel = PricePanel(
        dates=np.busday_offset("2020-01-01", np.arange(days), roll="forward"),
        symbols=("W0", "W1"),
        sectors=("", ""),
        open=close - 0.5,
        high=close + 1.0,
        low=close - 1.0,
        close=close,
        volume=ones,
        factor=ones,
        member=ones > 0.0,
        source="made",
        version="warm",
    )
    signals = find(panel)
    judge(panel, signals, record(panel, signals))
    past = history(close)
    matches = similar(past, close[-12:, 0], as_of=days - 1, after=2, own=0)
    afterwards(past, matches, as_of=days - 1, bars=2)

"""Making the compiled functions ready before the first request."""

import numpy as np

from engines.panel import PricePanel
from engines.strategy.compile import compile_strategy
from engines.strategy.data import MarketData
from engines.strategy.templates import template_strategies

_DAYS, _SYMBOLS = 40, 4


def warm_up() -> None:
    """Compile every template over a made-up panel, so that all machine code is loaded (or built and kept on disk)."""
    for gap in (False, True):
        data = MarketData(_panel(gap))
        for strategy in template_strategies().values():
            compile_strategy(strategy, data)


def _panel(gap: bool) -> PricePanel:
    shape = (_DAYS, _SYMBOLS)
    close = 100.0 + np.add.outer(np.arange(_DAYS) % 7, np.arange(_SYMBOLS)).astype(float)
    if gap:
        close[3, 1] = np.nan
    dates = np.busday_offset("2020-01-01", np.arange(_DAYS), roll="forward")
    names = tuple(f"W{i}" for i in range(_SYMBOLS))
    ones = np.ones(shape)
    return PricePanel(
        dates,
        names,
        ("A", "B") * 2,
        close,
        close,
        close,
        close,
        ones,
        ones,
        np.ones(shape, bool),
        "made",
        f"warm-{gap}",
    )

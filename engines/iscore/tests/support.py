"""A made-up universe and what can be known of it."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np

from engines.iscore.types import Attention, CompanyEvent, Governance, Inputs, NewsItem
from engines.panel import PricePanel

SECTORS = ("Financial Services", "Power", "Realty", "Healthcare", "Chemicals", "Textiles")
FIGURES = (
    "earnings_yield", "book_yield", "cfo_ev", "roce", "debt_equity", "cfo_pat", "sales_cagr_3y", "eps_cagr_3y",
    "sales_yoy", "profit_yoy", "eps_variability", "interest_cover", "dilution", "roa", "gnpa", "nnpa", "car",
    "credit_growth",
)  # fmt: skip


def made_panel(days: int = 1_000, symbols: int = 54, seed: int = 7, gaps: float = 0.004) -> PricePanel:
    """Return random walks with a common factor and missing bars; the last but one symbol is young, the last is gone."""
    rng = np.random.default_rng(seed)
    dates = np.busday_offset("2021-01-01", np.arange(days), roll="forward")
    returns = rng.normal(0.0004, 0.017, (days, symbols)) + rng.normal(0.0002, 0.008, (days, 1))
    close = np.round(200.0 * np.exp(np.cumsum(returns, axis=0)), 2)
    close[rng.random((days, symbols)) < gaps] = np.nan
    close[: days - 90, -2] = np.nan
    close[days - 60 :, -1] = np.nan
    open_ = close * (1.0 + rng.normal(0.0, 0.003, close.shape))
    high, low = np.maximum(open_, close) * 1.004, np.minimum(open_, close) * 0.996
    volume = np.where(np.isnan(close), 0.0, np.round(rng.lognormal(12.0, 0.8, close.shape)))
    sectors = tuple(SECTORS[i % len(SECTORS)] for i in range(symbols))
    names = tuple(f"NSE:S{i:02d}" for i in range(symbols))
    ones = np.ones(close.shape)
    return PricePanel(
        dates, names, sectors, open_, high, low, close, volume, ones, ones.astype(bool), "import", "made-1"
    )


def made_inputs(panel: PricePanel | None = None, seed: int = 11, **more: Any) -> Inputs:
    """Return everything that can be known about `made_panel`."""
    panel = panel or made_panel()
    days, symbols = panel.shape
    rng = np.random.default_rng(seed)
    figures = {name: np.where(rng.random(symbols) < 0.05, np.nan, rng.normal(0.1, 0.08, symbols)) for name in FIGURES}
    figures["piotroski"] = rng.integers(0, 10, symbols).astype(np.float64)
    given = Inputs(
        panel=panel,
        as_of=panel.dates[-1].item(),
        index=100.0 * np.exp(np.cumsum(rng.normal(0.0004, 0.009, days))),
        vix=15.0 + rng.normal(0.0, 2.0, days),
        figures=figures,
        figures_age={name: np.full(symbols, 30.0) for name in figures},
        news={i: [NewsItem(float(a), float(s)) for a, s in _items(rng)] for i in range(0, symbols, 2)},
        governance={i: Governance(3.0, 0.0, 0.5, False, "", 0) for i in range(0, symbols, 3)},
        governance_age=dict.fromkeys(range(0, symbols, 3), (30.0,) * 6),
        events={i: [CompanyEvent("order_win", 3.0)] for i in range(0, symbols, 5)},
        attention={i: Attention(rng.lognormal(8.0, 0.3, 70), 2.0, "wikipedia") for i in range(0, symbols, 4)},
    )
    return replace(given, **more) if more else given


def _items(rng: np.random.Generator) -> list[tuple[float, float]]:
    count = int(rng.integers(1, 6))
    return list(zip(rng.uniform(0, 28, count), rng.uniform(-1, 1, count), strict=True))


def day(panel: PricePanel, row: int) -> dt.date:
    """Return the date of a row."""
    return panel.dates[row].item()

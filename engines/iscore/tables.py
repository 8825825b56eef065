"""Weights, knots and borders of the I-Score, and the hash that names their state.

Design: docs/engines/iscore.md gives the reasons and the literature. None of these numbers is fitted to returns.
"""

import hashlib
import json
from functools import cache
from typing import Any, Final

ENGINE_VERSION: Final = "iscore-2"

QUALITATIVE: Final = "qualitative"
QUANTITATIVE: Final = "quantitative"
TREND: Final = "trend"
RISK: Final = "risk"
SEARCH: Final = "search"
MARKET_CONTEXT: Final = "market_context"
#: Nominal weights, in percent.
WEIGHTS: Final[dict[str, float]] = {
    QUALITATIVE: 15.0, QUANTITATIVE: 35.0, TREND: 20.0, RISK: 15.0, SEARCH: 10.0, MARKET_CONTEXT: 5.0,
}  # fmt: skip

#: A component with less of its inputs than this counts nothing.
LEAST_COVERAGE: Final = 0.4
#: No score below this sum of effective weights.
LEAST_WEIGHT: Final = 35.0
#: Confidence falls by up to `DISPERSION_COST` as the components' deviation grows to `DISPERSION_FULL` points.
DISPERSION_COST: Final = 0.2
DISPERSION_FULL: Final = 35.0
#: Inputs older than this times their life count nothing for confidence.
STALE_AT: Final = 4.0

#: Life of inputs: sessions for prices and context, calendar days for the others.
TTL: Final[dict[str, float]] = {
    "prices": 1.0, "context": 1.0, "news": 3.0, "fundamentals": 100.0, "search": 10.0, "events": 30.0,
}  # fmt: skip

STRONG_BUY: Final = "STRONG_BUY"
BUY: Final = "BUY"
HOLD: Final = "HOLD"
SELL: Final = "SELL"
#: Tiers from the top with their lower border.
TIERS: Final[tuple[tuple[str, float], ...]] = ((STRONG_BUY, 80.0), (BUY, 65.0), (HOLD, 45.0), (SELL, 0.0))
STRONG_BUY_CONFIDENCE: Final = 0.60
LEAST_CONFIDENCE: Final = 0.40
#: A tier that is told to others changes only so far beyond a border.
HYSTERESIS: Final = 1.5
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"

#: Ranks need so many companies to mean something; a sector with fewer is compared with the whole universe.
LEAST_PEERS: Final = 8
#: Share of the rank, the rest being the band, where both have meaning.
MIX_RANK: Final = 0.6

Knots = tuple[tuple[float, float], ...]
RSI_BAND: Final[Knots] = ((20, 30), (30, 35), (40, 45), (50, 55), (60, 80), (68, 75), (75, 60), (85, 35))
HIGH_BAND: Final[Knots] = ((0.5, 5), (0.7, 30), (0.85, 60), (0.95, 85), (1.0, 95))
VOLATILITY_BAND: Final[Knots] = ((0.15, 95), (0.25, 75), (0.35, 50), (0.5, 20), (0.7, 5))
DRAWDOWN_BAND: Final[Knots] = ((0, 100), (0.05, 95), (0.10, 85), (0.20, 60), (0.35, 30), (0.5, 10), (0.7, 0))
BETA_BAND: Final[Knots] = ((0.5, 90), (0.8, 80), (1.0, 65), (1.3, 45), (1.8, 20))
ATTENTION_BAND: Final[Knots] = ((-2, 40), (0, 50), (1, 60), (2, 66), (3, 55), (4, 40))

#: Bars of a month, half a year, a year; averages settle after four times their length.
MONTH: Final = 21
QUARTER: Final = 63
YEAR: Final = 252
EMA_LONG: Final = 200
#: Own bars of a stock that are looked at: the long average has settled in them.
LOOKBACK: Final = 4 * EMA_LONG + 20
#: A stock that has not traded for so many sessions has no present prices.
LONGEST_ABSENCE: Final = 20

NEWS_DAYS: Final = 30.0
NEWS_HALF_LIFE_DAYS: Final = 7.0
NEWS_PRIOR: Final = 5.0
GOVERNANCE_START: Final = 80.0
PROXY_COVERAGE: Final = 0.5
GROWTH_CLIP: Final = (-0.5, 1.0)
TAIL: Final = 0.05

#: Points of an announcement of the last 30 days, by kind; the sum counts from 50.
EVENT_POINTS: Final[dict[str, float]] = {
    "results_beat": 20.0, "results_miss": -20.0, "order_win": 10.0, "order_loss": -10.0, "capacity_expansion": 6.0,
    "buyback": 8.0, "dividend": 3.0, "dilution": -8.0, "guidance_raised": 12.0, "guidance_cut": -15.0,
    "management_exit": -10.0, "regulatory_action": -20.0, "regulatory_relief": 10.0, "default": -40.0,
    "fraud": -40.0, "rating_upgrade": 10.0, "rating_downgrade": -15.0,
}  # fmt: skip

#: Which figures make the component of company figures, by group: (group, weight, figures).
FIGURE_GROUPS: Final[tuple[tuple[str, float, tuple[str, ...]], ...]] = (
    ("value", 25.0, ("earnings_yield", "book_yield", "cfo_ev")),
    ("quality", 35.0, ("roce", "debt_equity", "cfo_pat", "piotroski")),
    ("growth", 25.0, ("sales_cagr_3y", "eps_cagr_3y", "sales_yoy", "profit_yoy")),
    ("stability", 15.0, ("eps_variability", "interest_cover", "dilution")),
)
#: The same for banks, other lenders and insurers: borrowing is their trade.
FINANCIAL_GROUPS: Final[tuple[tuple[str, float, tuple[str, ...]], ...]] = (
    ("value", 25.0, ("book_yield",)),
    ("quality", 35.0, ("roa", "gnpa", "nnpa", "car")),
    ("growth", 25.0, ("credit_growth", "eps_cagr_3y", "profit_yoy")),
    ("stability", 15.0, ("eps_variability", "dilution")),
)
LOW_IS_GOOD: Final = frozenset({"debt_equity", "eps_variability", "dilution", "gnpa", "nnpa"})
CLIPPED: Final = frozenset({"sales_cagr_3y", "eps_cagr_3y", "sales_yoy", "profit_yoy", "credit_growth"})

#: Sub-scores of the other components, in percent of the component.
SUB_WEIGHTS: Final[dict[str, dict[str, float]]] = {
    QUALITATIVE: {"news": 50.0, "governance": 30.0, "events": 20.0},
    TREND: {"mom_12_1": 30.0, "mom_6_1": 15.0, "ema_stack": 20.0, "rsi": 15.0, "near_high": 10.0, "adx": 10.0},
    RISK: {"volatility": 30.0, "drawdown": 25.0, "beta": 15.0, "liquidity": 20.0, "tail_loss": 10.0},
    SEARCH: {"attention": 100.0},
    MARKET_CONTEXT: {"index_trend": 35.0, "vix": 25.0, "breadth": 20.0, "sector_strength": 20.0},
}


def _all() -> dict[str, Any]:
    names = sorted(name for name in globals() if name.isupper())
    return {name: globals()[name] for name in names}


@cache
def params_hash() -> str:
    """Return what names the state of these tables: the start of a SHA-256 of all of them."""
    text = json.dumps(_all(), sort_keys=True, default=lambda value: sorted(value))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
